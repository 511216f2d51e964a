//! JWT claims, key intake and RS256 signatures for the OAuth 2.0 JWT bearer grant.

#![forbid(unsafe_code)]
