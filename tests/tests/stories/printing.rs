//! The document for a remediation meeting, printed to PDF by a browser as a person would print it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::process::Command;
use watchdesk_tests::desk::binary_in_path;
use watchdesk_tests::http::Answer;
use watchdesk_tests::{Backend, Desk};

const PRINTS_WITHIN: Duration = Duration::from_secs(120);
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MISSING: &str = "is not in the PATH; `cargo xtask test` finds or installs it";

/// A case that the operator refused, with what was learned from it.
async fn refused(desk: &Desk) {
    let http = &desk.http;
    let opening = json!({
        "subject": "邮件域名验证不通过", "body": "请帮忙看看。",
        "requester": {"email": "li.na@fabrikam.example", "name": "李娜"},
    });
    let ticket = http.post("/api/v1/tickets", opening).await.expect(201);
    let number = ticket["number"].as_i64().expect("a number");
    let customer = http.post("/api/v1/customers", json!({"name": "上海沪川国际物流有限公司"})).await.expect(201);
    let path = |action: &str| format!("/api/v1/tickets/{number}/{action}");
    let triage = json!({
        "category": "connectivity", "service": "exchange-online", "severity": "B", "owner": "chief@desk.example",
    });
    http.post(&path("triage"), triage).await.expect(200);
    let headers = [("if-match", "*")];
    let change = Some(json!({"customer": customer["id"]}).to_string());
    http.send(Method::PATCH, &format!("/api/v1/tickets/{number}"), &headers, change).await.expect(200);
    let escalation = json!({
        "reason": "lacks_tools", "summary": "新域名的 TXT 记录已生效，验证仍失败。",
        "evidence": {"tried": "从三个公共 DNS 查询。", "impact": "新品牌邮箱无法启用。", "affected_users": 35,
            "since": "2026-03-02T01:00:00Z", "error_texts": "550 for li.na@fabrikam.example"},
        "health_waiver": "健康页面无法打开。",
    });
    http.post(&path("escalation"), escalation).await.expect(201);
    http.post(&path("case/filing"), json!({"reference": "21V-87990216", "channel": "portal"})).await.expect(200);
    let refusal = json!({"reason": "该域名已在另一租户中验证，请先按文档自查。"});
    http.post(&path("case/refusal"), refusal).await.expect(200);
    let lesson = json!({"body": "先查是否已在其他租户中验证。", "measure": "documentation"});
    http.post(&path("case/lesson"), lesson).await.expect(200);
}

/// The cookies of a person who has signed in.
async fn signed_in(desk: &Desk) -> String {
    let page = desk.http.send(Method::GET, "/sign-in", &[], None).await;
    let (_, rest) = page.text.split_once("name=\"csrf\" value=\"").expect("a form");
    let csrf = rest.split('"').next().expect("a token");
    let form = format!("csrf={csrf}&email=chief%40desk.example&password=a+long+enough+password");
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", &cookies(&page)),
        ("origin", &desk.http.base),
    ];
    let answer = desk.http.send(Method::POST, "/sign-in", &headers, Some(form)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    cookies(&answer)
}

fn cookies(answer: &Answer) -> String {
    let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    let pairs: Vec<&str> = set.filter_map(|(_, cookie)| cookie.split(';').next()).collect();
    pairs.join("; ")
}

/// Page and style sheet lie side by side, so that the browser needs neither the desk nor a session.
async fn saved(desk: &Desk, cookies: &str, language: &str, folder: &Path) -> PathBuf {
    let headers = [("cookie", cookies)];
    let path = format!("/reports/remediation?lang={language}");
    let page = desk.http.send(Method::GET, &path, &headers, None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let (before, rest) = page.text.split_once("href=\"/static/document.css").expect("a style sheet");
    let (_, after) = rest.split_once('"').expect("its end");
    let style = desk.http.send(Method::GET, "/static/document.css", &[], None).await;
    assert_eq!(style.status, 200);
    std::fs::write(folder.join("document.css"), style.text).expect("written");
    let file = folder.join(format!("{language}.html"));
    std::fs::write(&file, format!("{before}href=\"document.css\"{after}")).expect("written");
    file
}

async fn printed(page: &Path) -> PathBuf {
    let browser = BROWSERS.iter().find_map(|name| binary_in_path(name));
    let browser = browser.unwrap_or_else(|| panic!("a browser ({}) {MISSING}", BROWSERS.join(", ")));
    let pdf = page.with_extension("pdf");
    let profile = page.with_extension("profile");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer"]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    command.arg(format!("--print-to-pdf={}", pdf.display())).arg(format!("file://{}", page.display()));
    let ran = tokio::time::timeout(PRINTS_WITHIN, command.kill_on_drop(true).output()).await;
    let ran = ran.expect("the browser ends").expect("the browser starts");
    assert!(ran.status.success() && pdf.exists(), "{}", String::from_utf8_lossy(&ran.stderr));
    pdf
}

/// The text of each page.
async fn pages(pdf: &Path) -> Vec<String> {
    let program = binary_in_path("pdftotext").unwrap_or_else(|| panic!("pdftotext {MISSING}"));
    let ran = Command::new(program).args(["-layout", "-enc", "UTF-8"]).arg(pdf).arg("-").output().await;
    let ran = ran.expect("it starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).expect("UTF-8");
    text.trim_end_matches('\u{c}').split('\u{c}').map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remediation_report_is_printed_in_both_languages() {
    let desk = Desk::start(Backend::Sqlite).await;
    refused(&desk).await;
    let cookies = signed_in(&desk).await;
    let folder = tempfile::tempdir().expect("a folder");
    let said = [
        ("zh-CN", ["整改报告", "运营商的拒绝意见", "经验教训", "未检查"]),
        ("en", ["Remediation report", "The operator's refusal", "Lesson", "Not checked"]),
    ];
    for (language, words) in said {
        let page = saved(&desk, &cookies, language, folder.path()).await;
        let pages = pages(&printed(&page).await).await;
        assert!((3..=5).contains(&pages.len()), "{} pages: {pages:?}", pages.len());
        let whole = pages.join("\n");
        let own =
            ["21V-87990216", "上海沪川国际物流有限公司", "该域名已在另一租户中验证", "先查是否已在其他租户中验证"];
        for text in words.iter().chain(&own) {
            assert!(whole.contains(text), "{text} is not in {whole}");
        }
        assert!(pages[0].contains(words[0]) && !pages[0].contains("21V-87990216"), "the title has a page of its own");
        for (index, page) in pages.iter().enumerate().skip(1) {
            let number = format!("{}/{}", index + 1, pages.len());
            assert!(page.replace(' ', "").trim_end().ends_with(&number), "no number on {page}");
        }
        for inside in ["李娜", "li.na@", "Chief", "chief@"] {
            assert!(!whole.contains(inside), "{inside} is in {whole}");
        }
    }
    let record: Value = desk.http.get("/api/v1/reports/remediation").await.expect(200);
    assert_eq!(record["cases"][0]["reference"], "21V-87990216");
}
