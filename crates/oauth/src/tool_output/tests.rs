use crate::Refusal;

/// Name, pasted text, entry, code, description.
const SAMPLES: &[(&str, &str, &str, &str, &str)] = &[
    (
        "code after the words",
        "login: user hasn't approved this consumer (invalid_grant)",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "code amid the words",
        "login: user hasn't approved this consumer (invalid_grant) in attempt 3",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "sf, OAuth configuration",
        "Error (1): This org appears to have a problem with its OAuth configuration. Reason: user hasn't approved this consumer",
        "user_not_approved",
        "",
        "user hasn't approved this consumer",
    ),
    (
        "sf, HTML",
        "Error (ERROR_HTTP_404): ERROR_HTTP_404: HTTP response contains html content. Check that the org exists and can be reached.",
        "resp.content_type",
        "ERROR_HTTP_404",
        "ERROR_HTTP_404: HTTP response contains html content. Check that the org exists and can be reached.",
    ),
    (
        "node, HTML",
        "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "resp.content_type",
        "",
        "SyntaxError: Unexpected token '<', '<!DOCTYPE '... is not valid JSON",
    ),
    (
        "browser",
        "We can't authorize you because of an OAuth error. For more information, contact your Salesforce administrator. OAUTH_APP_ACCESS_DENIED : user is not admin approved to access this app",
        "user_not_admin_approved",
        "OAUTH_APP_ACCESS_DENIED",
        "user is not admin approved to access this app",
    ),
    (
        "browser, PKCE",
        "error=invalid_request&error_description=missing%20required%20code%20challenge",
        "browser_flow",
        "invalid_request",
        "missing required code challenge",
    ),
    (
        "SOAP",
        "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
        "other_grant",
        "INVALID_LOGIN",
        "Invalid username, password, security token; or user locked out",
    ),
    (
        "REST policy",
        "INVALID_SESSION_ID: This session is not valid for use with the REST API",
        "session_policy",
        "INVALID_SESSION_ID",
        "This session is not valid for use with the REST API",
    ),
    (
        "PyJWT",
        "ValueError: Could not deserialize key data. The data may be in an incorrect format.",
        "key.form",
        "",
        "ValueError: Could not deserialize key data. The data may be in an incorrect format.",
    ),
    (
        ".NET",
        "The request was aborted: Could not create SSL/TLS secure channel.",
        "tls.version",
        "",
        "The request was aborted: Could not create SSL/TLS secure channel.",
    ),
    (
        "JSON",
        r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "JSON, pretty, other order",
        "{\n  \"error_description\": \"audience is invalid\",\n  \"error\": \"invalid_grant\"\n}\n",
        "audience_is_invalid",
        "invalid_grant",
        "audience is invalid",
    ),
    (
        "JSON, typographic apostrophe as escape",
        r#"{"error":"invalid_grant","error_description":"user hasn\u2019t approved this consumer"}"#,
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "JSON in a string",
        r#"body: "{\"error\":\"invalid_client_id\",\"error_description\":\"client identifier invalid\"}""#,
        "client_identifier_invalid",
        "invalid_client_id",
        "client identifier invalid",
    ),
    (
        "JSON in HTML",
        "<pre>{&quot;error&quot;:&quot;invalid_grant&quot;,&quot;error_description&quot;:&quot;user hasn&#39;t approved this consumer&quot;}</pre>",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "JSON list",
        r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#,
        "session_expired",
        "INVALID_SESSION_ID",
        "Session expired or invalid",
    ),
    ("error alone", r#"{"error":"app_blocked"}"#, "app_blocked", "app_blocked", ""),
    (
        "plain",
        "user hasn\u{2019}t approved this consumer",
        "user_not_approved",
        "",
        "user hasn't approved this consumer",
    ),
    (
        "plain with code",
        "invalid_grant: ip restricted",
        "ip_restricted",
        "invalid_grant",
        "ip restricted",
    ),
    (
        "plain with dash",
        "invalid_grant - invalid assertion",
        "invalid_assertion",
        "invalid_grant",
        "invalid assertion",
    ),
    ("code alone", "OAUTH_EC_APP_NOT_FOUND", "app_not_found", "OAUTH_EC_APP_NOT_FOUND", ""),
    (
        "form",
        "error=invalid_grant&error_description=user%20hasn%27t%20approved%20this%20consumer",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "form in a URL, plus signs",
        "https://localhost/cb?error=access_denied&error_description=end-user+denied+authorization&state=x",
        "access_denied",
        "access_denied",
        "end-user denied authorization",
    ),
    (
        "XML",
        "<?xml version=\"1.0\"?><OAuth><error>invalid_grant</error><error_description>expired authorization code</error_description></OAuth>",
        "assertion_expired",
        "invalid_grant",
        "expired authorization code",
    ),
    (
        "curl -i",
        "HTTP/1.1 400 Bad Request\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: application/json;charset=UTF-8\r\n\r\n{\"error\":\"invalid_app_access\",\"error_description\":\"user is not admin approved to access this app\"}",
        "user_not_admin_approved",
        "invalid_app_access",
        "user is not admin approved to access this app",
    ),
    (
        "curl -i, pasted on one line",
        "HTTP/1.1 400 Bad Request Date: Mon, 01 Jan 2024 00:00:00 GMT Content-Type: application/json;charset=UTF-8 {\"error\":\"invalid_grant\",\"error_description\":\"user hasn't approved this consumer\"}",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "Salesforce's value at the end",
        "invalid_grant: authentication failure - Failed: API security token required",
        "authentication_failure",
        "invalid_grant",
        "authentication failure - Failed: API security token required",
    ),
    (
        "curl -i through a proxy",
        "HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 400 \r\ncontent-type: application/json\r\n\r\n{\"error\":\"app_not_found\",\"error_description\":\"External client app is not installed in this org\"}",
        "app_not_found",
        "app_not_found",
        "External client app is not installed in this org",
    ),
    (
        "curl -i, 503",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n<html><body>Sorry</body></html>",
        "unavailable.status",
        "503",
        "Service Unavailable",
    ),
    (
        "curl -i, 502, empty",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        "unavailable.status",
        "502",
        "Bad Gateway",
    ),
    (
        "curl -i, redirect",
        "HTTP/1.1 302 Found\nLocation: https://acme.lightning.force.com/\n\n",
        "resp.content_type",
        "302",
        "Found",
    ),
    (
        "curl -i, maintenance",
        "HTTP/1.1 200 OK\n\n<html><h1>Data Not Available</h1>The data you were trying to access could not be found.",
        "unavailable.maintenance",
        "",
        "<html><h1>Data Not Available</h1>The data you were trying to access could not be found.",
    ),
    (
        "curl -v",
        "> POST /services/oauth2/token HTTP/1.1\n>\n< HTTP/1.1 400 Bad Request\n< Content-Type: application/json\n<\n{\"error\":\"unsupported_grant_type\",\"error_description\":\"grant type not supported\"}\n* Connection #0 left intact",
        "grant_type",
        "unsupported_grant_type",
        "grant type not supported",
    ),
    (
        "curl, no host",
        "curl: (6) Could not resolve host: acme.my.salesforce.com",
        "net.dns",
        "",
        "curl: (6) Could not resolve host: acme.my.salesforce.com",
    ),
    (
        "curl, unknown CA",
        "curl: (60) SSL certificate problem: self-signed certificate in certificate chain",
        "tls.cert",
        "",
        "curl: (60) SSL certificate problem: self-signed certificate in certificate chain",
    ),
    (
        "sf",
        "Error (JwtGrantError): We encountered a JSON web token error, which is likely not an issue with Salesforce CLI. Here\u{2019}s the error: user hasn't approved this consumer",
        "user_not_approved",
        "",
        "user hasn't approved this consumer",
    ),
    (
        "sf, colours",
        "\u{1b}[1m\u{1b}[31mError (JwtAuthError):\u{1b}[39m\u{1b}[22m Error authenticating with JWT config due to: invalid_client_id - client identifier invalid",
        "client_identifier_invalid",
        "invalid_client_id",
        "client identifier invalid",
    ),
    (
        "sf, JSON",
        r#"{"name":"JwtAuthError","message":"Error authenticating with JWT config due to: user hasn't approved this consumer","exitCode":1,"status":1,"stack":"JwtAuthError: Error"}"#,
        "user_not_approved",
        "",
        "user hasn't approved this consumer",
    ),
    (
        "sf, many hosts",
        "Error (JwtAuthError): Error authenticating with JWT.\nErrors encountered:\naudience is invalid [audience=https://login.salesforce.com login=https://test.salesforce.com/]\nExternal client app is not installed in this org [audience=https://test.salesforce.com login=https://test.salesforce.com]",
        "app_not_found",
        "",
        "External client app is not installed in this org",
    ),
    (
        "sf, audience only",
        "ERROR running auth:jwt:grant: audience is invalid [audience=https://login.salesforce.com login=https://test.salesforce.com/]",
        "audience_is_invalid",
        "",
        "audience is invalid",
    ),
    (
        "sf, broken by the terminal",
        "Error (1): This org refused: audience\n    is invalid",
        "audience_is_invalid",
        "",
        "audience is invalid",
    ),
    (
        "sf, key",
        "Error (JwtAuthError): error:1E08010C:DECODER routines::unsupported",
        "key.form",
        "",
        "Error (JwtAuthError): error:1E08010C:DECODER routines::unsupported",
    ),
    (
        "sf, no file",
        "Error (ENOENT): ENOENT: no such file or directory, open 'server.key'",
        "key.missing",
        "ENOENT",
        "ENOENT: no such file or directory, open 'server.key",
    ),
    (
        "sf, no host",
        "Error (1): getaddrinfo ENOTFOUND acme--sbx.sandbox.my.salesforce.com",
        "net.dns",
        "ENOTFOUND",
        "acme--sbx.sandbox.my.salesforce.com",
    ),
    (
        "simple-salesforce",
        "simple_salesforce.exceptions.SalesforceAuthenticationFailed: invalid_grant: user hasn't approved this consumer",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "simple-salesforce, traceback",
        "Traceback (most recent call last):\n  File \"login.py\", line 3, in <module>\n    raise SalesforceAuthenticationFailed(code, message)\nsimple_salesforce.exceptions.SalesforceAuthenticationFailed: invalid_grant: expired authorization code\n",
        "assertion_expired",
        "invalid_grant",
        "expired authorization code",
    ),
    (
        "Python map",
        r#"{'error': 'invalid_grant', 'error_description': "user hasn't approved this consumer"}"#,
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "jsforce",
        "Error: invalid_grant: authentication failure\n    at OAuth2.<anonymous> (/app/node_modules/jsforce/lib/oauth2.js:180:13)\n    at process.processTicksAndRejections",
        "authentication_failure",
        "invalid_grant",
        "authentication failure",
    ),
    (
        "node",
        "{ error: 'invalid_grant',\n  error_description: 'audience is invalid' }",
        "audience_is_invalid",
        "invalid_grant",
        "audience is invalid",
    ),
    (
        "restforce",
        "Restforce::AuthenticationError: invalid_grant: inactive user",
        "user_inactive",
        "invalid_grant",
        "inactive user",
    ),
    (
        "Ruby map",
        r#"{"error"=>"invalid_grant", "error_description"=>"user hasn't approved this consumer"}"#,
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "Java map",
        "java.lang.RuntimeException: {error=invalid_grant, error_description=user hasn't approved this consumer}",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "Java map, other order",
        "{error_description=invalid assertion, error=invalid_grant}",
        "invalid_assertion",
        "invalid_grant",
        "invalid assertion",
    ),
    (
        "Java, unknown CA",
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path",
        "tls.cert",
        "",
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path",
    ),
    (
        "Apex log",
        r#"12:00:00.1 (123)|USER_DEBUG|[12]|DEBUG|{"error":"invalid_grant","error_description":"invalid assertion"}"#,
        "invalid_assertion",
        "invalid_grant",
        "invalid assertion",
    ),
    (
        "Go",
        "oauth2: cannot fetch token: 400 Bad Request\nResponse: {\"error\":\"unknown_error\",\"error_description\":\"retry your request\"}",
        "retry_your_request",
        "unknown_error",
        "retry your request",
    ),
    (
        "Go, quoted",
        "oauth2: \"invalid_grant\" \"user hasn't approved this consumer\"",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "C#",
        "Salesforce.Common.ForceAuthException: invalid_grant: login rate exceeded",
        "rate.login",
        "invalid_grant",
        "login rate exceeded",
    ),
    (
        "code in a sentence",
        "Salesforce said LOGIN_RATE_EXCEEDED for this user",
        "rate.login",
        "LOGIN_RATE_EXCEEDED",
        "for this user",
    ),
    (
        "PowerShell, an object",
        "@{name=JwtAuthError; message=Error authenticating with JWT.\nErrors encountered:\nExternal client app is not installed in this org\nuser hasn't approved this consumer; exitCode=1}",
        "app_not_found",
        "",
        "External client app is not installed in this org",
    ),
    (
        "sf, hidden by a pipeline",
        "Error authenticating with JWT.\nErrors encountered:\nuser hasn't approved this consumer\naudience is invalid  [audience=******** login=***/]",
        "user_not_approved",
        "",
        "user hasn't approved this consumer",
    ),
    (
        "sf, half an answer",
        "Error (1): We encountered a JSON web token error. Here\u{2019}s the error: Unexpected end of JSON input",
        "resp.content_type",
        "",
        "Error (1): We encountered a JSON web token error. Here's the error: Unexpected end of JSON input",
    ),
    (
        "sf, a page of maintenance",
        "Error (JwtAuthError): <html>\n<head><title>Data Not Available</title></head>",
        "unavailable.maintenance",
        "",
        "<head><title>Data Not Available</title></head>",
    ),
    (
        "node, a code without its words",
        "Error [invalid_grant]: inactive user\n    at get (/app/http.js:9:2) {\n  errorCode: 'invalid_grant'\n}",
        "user_inactive",
        "invalid_grant",
        "inactive user",
    ),
    (
        "axios",
        "AxiosError: Request failed with status code 400\n    at settle (/app/axios.cjs:19:1) {\n  response: { data: { error: 'app_not_found', error_description: 'External client app is not installed in this org' } }\n}",
        "app_not_found",
        "app_not_found",
        "External client app is not installed in this org",
    ),
    (
        "axios, the status alone",
        "AxiosError: Request failed with status code 400",
        "reason_not_shown",
        "",
        "AxiosError: Request failed with status code 400",
    ),
    (
        "Python, the status alone",
        "requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: https://login.salesforce.com/services/oauth2/token",
        "reason_not_shown",
        "",
        "requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: https://login.salesforce.com/services/oauth2/token",
    ),
    (
        "Python, a proxy",
        "ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))",
        "proxy.auth",
        "",
        "ProxyError('Unable to connect to proxy', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))",
    ),
    (
        "curl, a proxy that lets nothing through",
        "curl: (56) CONNECT tunnel failed, response 403",
        "proxy.connect",
        "",
        "curl: (56) CONNECT tunnel failed, response 403",
    ),
    (
        "PHP, JSON in the middle of a line",
        "Client error: `POST https://login.salesforce.com/services/oauth2/token` resulted in a `400 Bad Request` response: {\"error\":\"invalid_grant\",\"error_description\":\"invalid assertion\"}",
        "invalid_assertion",
        "invalid_grant",
        "invalid assertion",
    ),
    (
        "PHP, key",
        "openssl_sign(): supplied key param cannot be coerced into a private key",
        "key.form",
        "",
        "openssl_sign(): supplied key param cannot be coerced into a private key",
    ),
    (
        ".NET, unknown CA",
        "System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
        "tls.cert",
        "",
        "System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
    ),
    (
        "Go, no answer",
        "Post \"https://login.salesforce.com/services/oauth2/token\": dial tcp 192.0.2.1:443: i/o timeout",
        "net.connect",
        "",
        "Post 'https://login.salesforce.com/services/oauth2/token': dial tcp 192.0.2.1:443: i/o timeout",
    ),
    (
        "Go, a log line in JSON",
        r#"{"level":"error","msg":"token","err":"{\"error\":\"invalid_client_id\",\"error_description\":\"client identifier invalid\"}"}"#,
        "client_identifier_invalid",
        "invalid_client_id",
        "client identifier invalid",
    ),
    (
        "Rust, Debug",
        "Refused { code: \"invalid_grant\", description: Some(\"user hasn't approved this consumer\") }",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "Elixir",
        r#"%{"error" => "invalid_grant", "error_description" => "user hasn't approved this consumer"}"#,
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "Apex, the status alone",
        "System.CalloutException: Unable to complete the JWT token exchange.",
        "reason_not_shown",
        "",
        "System.CalloutException: Unable to complete the JWT token exchange.",
    ),
    (
        "percent signs all over",
        "invalid_grant%3A%20user%20hasn%27t%20approved%20this%20consumer",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
    (
        "read in the wrong character set",
        "user hasn\u{e2}\u{20ac}\u{2122}t approved this consumer",
        "user_not_approved",
        "",
        "user hasn't approved this consumer",
    ),
    (
        "Markdown",
        "| Error | Message |\n|---|---|\n| invalid_grant | ip restricted |",
        "ip_restricted",
        "invalid_grant",
        "ip restricted",
    ),
    (
        "orgtoken itself",
        "error: Salesforce refused the login: invalid_grant: user hasn't approved this consumer\nhint: x",
        "user_not_approved",
        "invalid_grant",
        "user hasn't approved this consumer",
    ),
];

#[test]
fn refusals_are_found_in_the_output_of_other_tools() {
    let mut wrong = Vec::new();
    for &(name, text, id, code, description) in SAMPLES {
        let refusal = Refusal::from_text(text).expect(name);
        let advice = refusal.advice();
        let found = (advice.entry.id(), refusal.code(), refusal.description().unwrap_or_default());
        if !advice.exact || found != (id, code, description) {
            wrong.push(format!("{name}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn status_of_curl_is_read() {
    let status = |name| {
        let (_, text, ..) = SAMPLES.iter().find(|(sample, ..)| *sample == name).expect(name);
        Refusal::from_text(text).expect(name).status().map(|status| status.as_u16())
    };
    assert_eq!(status("curl -i"), Some(400));
    assert_eq!(status("curl -i through a proxy"), Some(400));
    assert_eq!(status("curl -v"), Some(400));
    assert_eq!(status("curl -i, 503"), Some(503));
    assert_eq!(status("sf"), None);
}

#[test]
fn unknown_refusals_are_shown_verbatim_with_the_entry_of_their_code() {
    for (text, id, shown) in [
        ("The moon is full", "unknown", "The moon is full"),
        ("invalid_grant: the moon is full", "invalid_grant", "invalid_grant: the moon is full"),
        (
            r#"{"error":"moon_full","error_description":"wait for dawn"}"#,
            "unknown",
            "moon_full: wait for dawn",
        ),
        // Each contains words of a known refusal, or of a network fault.
        ("invalid_grant: bad signature", "invalid_grant", "invalid_grant: bad signature"),
        ("permission denied", "unknown", "permission denied"),
        ("the org is unhappy", "unknown", "the org is unhappy"),
        ("read timed out", "unknown", "read timed out"),
        ("unsupported protocol", "unknown", "unsupported protocol"),
        ("an audience is invalid here", "unknown", "an audience is invalid here"),
        ("the user is invalidated", "unknown", "the user is invalidated"),
        (
            r#"{"error":"invalid_request","error_description":"token request is malformed"}"#,
            "invalid_request",
            "invalid_request: token request is malformed",
        ),
    ] {
        let refusal = Refusal::from_text(text).expect(text);
        assert_eq!(refusal.advice().entry.id(), id, "{text}");
        assert_eq!(refusal.advice().exact, id == "invalid_request", "{text}");
        assert_eq!(refusal.to_string(), shown, "{text}");
    }
    assert_eq!(Refusal::from_text(" \r\n"), None);
}

#[test]
fn api_errors_are_found_in_pasted_text() {
    for (text, code, description) in [
        (
            r#"[{"message":"unable to obtain exclusive access to this record","errorCode":"UNABLE_TO_LOCK_ROW","fields":[]}]"#,
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access to this record",
        ),
        (
            "HTTP/1.1 404 Not Found Content-Type: application/json [{\"errorCode\":\"NOT_FOUND\",\"message\":\"Provided external ID field does not exist or is not accessible: A__c\"}]",
            "NOT_FOUND",
            "Provided external ID field does not exist or is not accessible: A__c",
        ),
        (
            "System.DmlException: Insert failed. First exception on row 0; first error: FIELD_CUSTOM_VALIDATION_EXCEPTION, inactive user: [OwnerId]",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "inactive user: [OwnerId",
        ),
        ("DUPLICATES_DETECTED", "DUPLICATES_DETECTED", ""),
    ] {
        let refusal = Refusal::from_text(text).expect(text);
        assert_eq!(refusal.code(), code, "{text}");
        assert_eq!(refusal.description().unwrap_or_default(), description, "{text}");
    }
}

#[test]
fn secrets_in_pasted_text_are_not_shown() {
    for (name, text) in [
        (
            "JWT",
            "invalid_grant: invalid assertion eyJhbGciOiJSUzI1NiJ9canary.eyJpc3MiOiJcanary.canary",
        ),
        ("session id", "Session expired or invalid: 00Dxx0000006JFr!AR8AQcanary"),
        ("key", "-----BEGIN PRIVATE KEY-----\ncanarycanary\n-----END PRIVATE KEY-----"),
        (
            "request",
            "> Authorization: Bearer canary\n\nHTTP/1.1 400 Bad Request\n\n{\"error\":\"invalid_grant\"}",
        ),
    ] {
        let refusal = Refusal::from_text(text).expect(name);
        assert!(
            !format!("{refusal} {refusal:?} {}", refusal.hint()).contains("canary"),
            "{name}: {refusal}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in ".*") {
        let _ = Refusal::from_text(&text);
    }

    #[test]
    fn almost_refusals_do_not_panic(text in "(HTTP/1.1 400 x\r\n\r\n)?[{\\[]?(\"|')?(error|error_description|message)(\"|')?[:=>\\\\]{0,2}(\"|')?[ -~\u{e9}]{0,20}") {
        let _ = Refusal::from_text(&text);
    }
}
