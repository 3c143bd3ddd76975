//! One page that needs nothing else: no script, no network, its style allowed by hash. `O(text)`.
//!
//! What comes from the heap is escaped; the policy would keep it from running anyway.

use std::fmt::Write;

use super::layout::visible;
use super::path;
use super::style::Style;
use super::summary::{self, each_keeps, growth, heap, held_by, keeps, outcome, top};
use crate::analysis::figures;
use crate::causes::{Finding, Summary};

/// The page's style.
const CSS: &str = include_str!("page.css");
/// Its SHA-256, as Content Security Policy wants it; a test of the command line compares it.
const CSS_HASH: &str = include_str!("page.css.sha256");

/// The summary.
pub(super) fn summary_page(told: &Summary, style: &Style) -> String {
    let (verdict, _) = summary::verdict(told);
    let mut body = format!(
        "<header class=\"{}\"><p class=\"verdict\">{verdict}</p><h1>{}</h1><p>{}</p></header>\n",
        verdict.to_lowercase(),
        escaped(&outcome(told)),
        escaped(&heap(told, style))
    );
    for (at, finding) in told.findings.iter().enumerate() {
        body.push_str(&article(told, at + 1, finding, style));
    }
    page(&format!("leakscan: {verdict}"), &body)
}

/// Any text, as it is.
pub(super) fn text_page(title: &str, text: &str) -> String {
    page(title, &format!("<pre>{}</pre>\n", escaped(text)))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>{CSS}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n<footer>leakscan {}</footer>\n</body>\n</html>\n",
        CSS_HASH.trim(),
        escaped(title),
        env!("CARGO_PKG_VERSION")
    )
}

fn article(told: &Summary, number: usize, finding: &Finding, style: &Style) -> String {
    let mut out = format!(
        "<article>\n<h2><span>{number}</span> {}</h2>\n<p class=\"tags\"><b>{}</b> <span>{} sure</span> <span>signature \
         <code>{}</code></span></p>\n",
        escaped(&finding.title),
        escaped(finding.cause),
        figures::percent(finding.confidence),
        escaped(&finding.signature)
    );
    // Percents of the heap as a meter: its width is an attribute, not a style.
    let _ = write!(
        out,
        "<p class=\"share\"><meter min=\"0\" max=\"1\" value=\"{:.4}\">{}</meter> {}</p>\n<dl>\n",
        finding.share.clamp(0.0, 1.0),
        figures::percent(finding.share),
        escaped(&format!("keeps {}", keeps(finding, style)))
    );
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(out, "<dt>{name}</dt><dd>{value}</dd>");
    };
    if let Some(grown) = &finding.growth {
        field("growth", &escaped(&growth(told, finding, grown, style)));
    }
    if let Some(location) = &finding.location {
        let url = location.url.to_str();
        field("made at", &format!("<code>{}</code>", escaped(&format!("{url}:{}:{}", location.line, location.column))));
    }
    field("held by", &format!("<code>{}</code>", escaped(&held_by(finding))));
    for held in &finding.holds {
        let mut tree = format!("{}\n", escaped(&top(finding, held)));
        for step in path::drawn(&held.path) {
            let place = step.place.as_deref().map_or_else(String::new, |it| format!("  <i>{}</i>", escaped(it)));
            let _ = writeln!(tree, "{}└ {}{place}", "  ".repeat(step.depth.min(40)), escaped(&step.text));
        }
        field("each keeps", &format!("{}<pre>{tree}</pre>", escaped(&each_keeps(held, style))));
    }
    field("do", &escaped(&finding.advice));
    if !finding.keywords.is_empty() {
        let words: Vec<String> =
            finding.keywords.iter().map(|word| format!("<code>{}</code>", escaped(&word.to_string()))).collect();
        field("search for", &words.join(" "));
    }
    if !finding.path.is_empty() {
        let mut tree = String::from("(root)\n");
        for step in path::drawn(&finding.path) {
            let _ = writeln!(tree, "{}└ {}", "  ".repeat(step.depth.min(40)), escaped(&step.text));
        }
        let _ =
            writeln!(out, "<dt>path</dt><dd><details><summary>from the root</summary><pre>{tree}</pre></details></dd>");
    }
    out.push_str("</dl>\n</article>\n");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            char => out.push_str(&visible(char.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_heap_is_markup() {
        assert_eq!(escaped("<script>\"&'\x1b\n"), "&lt;script&gt;&quot;&amp;&#39;␛\n");
        assert!(text_page("<t>", "</pre><script>").contains("&lt;/pre&gt;&lt;script&gt;"));
    }
}
