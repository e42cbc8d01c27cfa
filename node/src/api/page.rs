//! `/`: one field, code in, verdict and history out, in Chinese. One file, no external assets.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "web/"]
struct Web;

/// The page may load nothing and talk to its own node only.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) async fn index() -> Response {
    let file = Web::get("index.html").expect("embedded at build time");
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.parse().expect("a constant"));
    headers.insert(CONTENT_TYPE, "text/html; charset=utf-8".parse().expect("a constant"));
    (headers, Html(file.data.into_owned())).into_response()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_names_no_other_place() {
        let page = include_str!("../../web/index.html");
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
