// Finds secrets in the saved state of a process.

/**
 * The places (`a.b.0.c`) in a state where a text holds `secret`, whatever form the state has: JSON
 * in a string of it is looked into as well.
 */
export function places(state, secret) {
  const found = [];
  const walk = (value, path) => {
    if (typeof value === 'string') {
      if (value.includes(secret)) found.push(path.join('.'));
    } else if (value && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) {
        if (key.includes(secret)) found.push([...path, '(key)'].join('.'));
        walk(inner, [...path, key]);
      }
    }
  };
  walk(JSON.parse(state), []);
  return found;
}
