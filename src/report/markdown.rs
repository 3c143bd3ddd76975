//! Markdown, for comments of pull requests and step summaries: the outcome, a table, and each finding's text behind a fold.
//! `O(text)`.
//!
//! What comes from the heap is escaped: it must neither break the table nor mention somebody (GitHub Flavored Markdown).

use super::style::Style;
use super::summary::{self, finding_text, growth, heap, keeps, outcome};
use crate::analysis::places;
use crate::causes::Summary;

/// The summary.
pub(super) fn summary_markdown(told: &Summary, style: &Style) -> String {
    let (verdict, _) = summary::verdict(told);
    let mut text =
        format!("## leakscan: {verdict}\n\n{}\n\n{}\n", escaped(&outcome(told)), escaped(&heap(told, style)));
    if told.findings.is_empty() {
        return text;
    }
    text.push_str("\n| | finding | growth | keeps | made at |\n| ---: | --- | --- | --- | --- |\n");
    for (at, finding) in told.findings.iter().enumerate() {
        let grown = finding.growth.as_ref().map_or_else(String::new, |it| growth(told, finding, it, style));
        let place = finding.location.as_ref().map(places::place).unwrap_or_default();
        let cells = [finding.title.as_str(), &grown, &keeps(finding, style), &place].map(escaped);
        text.push_str(&format!("| {} | {} |\n", at + 1, cells.join(" | ")));
    }
    for (at, finding) in told.findings.iter().enumerate() {
        let body = finding_text(told, at + 1, finding, style);
        let title = escaped(&finding.title);
        text.push_str(&format!("\n<details><summary>{}. {title}</summary>\n\n{}</details>\n", at + 1, fenced(&body)));
    }
    text
}

/// Any text, as it is.
pub(super) fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}text\n{text}{fence}\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in super::layout::visible(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A backslash does not keep GitHub from telling that person.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', char]),
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_heap_is_markup() {
        assert_eq!(escaped("<b>|*a*|`x`|@me|#1|"), "&lt;b&gt;\\|\\*a\\*\\|\\`x\\`\\|&#64;me\\|&#35;1\\|");
        assert_eq!(fenced("```\nx\n"), "````text\n```\nx\n````\n");
    }
}
