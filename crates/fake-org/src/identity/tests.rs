use serde_json::json;

use crate::tests::{
    URL, body, builder, claims, get, login, open, org_with, post_form, said, token,
};

#[test]
fn userinfo_needs_a_valid_token() {
    let org = open(builder());
    let good = token(&org, "robot@acme.com");
    let info = body(&get(&org, &good, USERINFO));
    assert_eq!(info["preferred_username"], "robot@acme.com");
    assert_eq!(info["organization_id"], org.org_id);

    for (name, token, text) in
        [("bad", "00Dxx!nonsense", "Bad_OAuth_Token"), ("none", "", "Missing_OAuth_Token")]
    {
        let reply = get(&org, token, USERINFO);
        assert_eq!(
            (reply.status().as_u16(), reply.body().as_ref()),
            (403, text.as_bytes()),
            "{name}"
        );
        assert_eq!(reply.headers()["content-type"], "text/plain;charset=UTF-8", "{name}");
    }
}

#[test]
fn identity_url_describes_the_user() {
    let org = open(builder());
    let answer = body(&login(&org, &claims("robot@acme.com")));
    let (token, url) = (answer["access_token"].as_str().unwrap(), answer["id"].as_str().unwrap());
    let path = url.strip_prefix(URL).unwrap();
    let user = body(&get(&org, token, path));
    assert_eq!((&user["username"], &user["id"]), (&json!("robot@acme.com"), &answer["id"]));

    for (field, value) in [
        ("nick_name", json!("robot@ac")),
        ("first_name", json!("Integration")),
        ("last_name", json!("User")),
        ("timezone", json!("Europe/Stockholm")),
        ("is_app_installed", json!(true)),
        ("status", json!({ "created_date": null, "body": null })),
    ] {
        assert_eq!(user[field], value, "{field}");
    }
    assert!(user["last_modified_date"].is_string());

    let (_, user_id) = path.rsplit_once('/').unwrap();
    for (path, text) in [
        (format!("/id/00Dxx0000000009AAA/{user_id}"), "Wrong_Org"),
        (format!("/id/{}/005xx0000000099AAA", org.org_id), "Bad_Id"),
    ] {
        assert_eq!(get(&org, token, &path).body().as_ref(), text.as_bytes());
    }
}

#[test]
fn revoked_token_is_refused() {
    let org = open(builder());
    let token = token(&org, "robot@acme.com");
    let form = format!("token={}", token.replace('!', "%21"));
    let revoke = || post_form(&org, URL, "/services/oauth2/revoke", form.clone());
    assert_eq!(
        (revoke().status(), revoke().status()),
        (200.try_into().unwrap(), 400.try_into().unwrap())
    );
    assert_eq!(said(&revoke()), "invalid_token: invalid token");
    assert_eq!(get(&org, &token, USERINFO).status(), 403);
    #[cfg(feature = "rest")]
    assert_eq!(get(&org, &token, "/services/data/v66.0/limits").status(), 401);
}

#[test]
fn ended_session_is_refused() {
    let org = org_with("session-expires-once");
    let token = token(&org, "scenario@acme.com");
    assert_eq!(get(&org, &token, USERINFO).body().as_ref(), b"Bad_OAuth_Token");
}

const USERINFO: &str = "/services/oauth2/userinfo";
