//! What `orgtoken-assertion` promises, by theme. Names like `A53` are rows of the table of bad
//! inputs that the key intake was built from.

mod accepted; // shapes of keys that people have, and that work
mod damage; // damaged DER and random input: refused, never a panic
mod der; // a writer for what the tests feed in
mod gate; // numbers that are no sound key
mod keys; // keys for all of them
mod refused; // what is no key, and is named for what it is
