//! Where V8 recorded allocations: which stack a finding tells as the one that made what piles up.

use crate::summaries::{ROUNDS, compare_counts, only};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Evidence, Finding, Summary, SummaryOptions, summarize};
use leakscan::report::{Style, summary_text};
use leakscan::snapshot::{EdgeKind, NodeIndex};
use leakscan::testing::builder::StackFunction;
use leakscan::testing::program::Program;

const URL: &str = "/srv/app/app.js";
const OPEN: StackFunction = ("open", URL, 8, 21);
const SERVE: StackFunction = ("serve", URL, 20, 3);
const READ: StackFunction = ("read", URL, 30, 5);
const OLD: usize = crate::summaries::OLD as usize;

/// Says which jobs, and which of their parts, were allocated where.
type Record<'a> = &'a dyn Fn(&mut Program, &[NodeIndex], &[Vec<NodeIndex>]);

/// An array of jobs.
fn program(count: u32, record: Record<'_>) -> Program {
    let mut program = Program::new(URL);
    let all = program.array(program.global, "jobs");
    let (mut jobs, mut parts) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let job = program.builder.object("Job", 400);
        let own: Vec<NodeIndex> = ["first", "second", "third"]
            .iter()
            .map(|name| {
                let part = program.builder.object("Part", 40);
                program.builder.property(job, name, part);
                part
            })
            .collect();
        program.push(all, job);
        jobs.push(job);
        parts.push(own);
    }
    record(&mut program, &jobs, &parts);
    program
}

fn jobs(record: impl Fn(&mut Program, &[NodeIndex], &[Vec<NodeIndex>])) -> Summary {
    compare_counts(|count| program(count, &record))
}

/// The stack, and how many things have it.
fn told(finding: &Finding) -> Option<(String, u64)> {
    match (finding.evidence.get("allocatedBy"), finding.evidence.get("allocatedCount")) {
        (Some(Evidence::Text(stack)), Some(Evidence::Number(count))) => Some((stack.clone(), *count)),
        _ => None,
    }
}

#[test]
fn the_stack_of_what_is_new_is_told_from_the_inside_out() {
    let summary = jobs(|program, jobs, parts| {
        program.builder.allocated(&jobs[..OLD], &[("warm", URL, 50, 1)]);
        program.builder.allocated(&jobs[OLD..], &[OPEN, SERVE]);
        program.builder.allocated(&parts.concat(), &[READ]);
    });
    let stack = "open (app/app.js:8:21) < serve (app/app.js:20:3)".to_owned();
    let line = format!("   made by     {stack}, 100 objects\n");
    assert_eq!(told(only(&summary)), Some((stack, 100)), "neither what was there before, nor the many parts");
    assert!(summary_text(&summary, &Style::default()).contains(&line));
}

#[test]
fn without_a_record_nothing_is_told() {
    assert_eq!(told(only(&jobs(|_, _, _| {}))), None);
    let internal = jobs(|program, jobs, _| {
        let functions = [("push", "node:internal/x", 3, 1), ("", "", 4, 1), ("(V8)", URL, 0, 0)];
        program.builder.allocated(jobs, &functions);
    });
    assert_eq!(told(only(&internal)), None, "Node's own, and V8's");
}

#[test]
fn functions_without_a_name_are_places_and_only_the_next_six_are_told() {
    let summary = jobs(|program, jobs, _| {
        program.builder.allocated(jobs, &[("", URL, 8, 21), SERVE, SERVE, SERVE, SERVE, SERVE, READ]);
    });
    let serve = " < serve (app/app.js:20:3)".repeat(5);
    assert_eq!(told(only(&summary)), Some((format!("app/app.js:8:21{serve}"), 100)));
}

#[test]
fn the_outermost_things_that_account_for_half_of_the_growth_are_told() {
    let tell = |recorded: usize| {
        let summary = jobs(|program, jobs, parts| {
            program.builder.allocated(&jobs[OLD.min(jobs.len())..jobs.len().min(OLD + recorded)], &[OPEN]);
            program.builder.allocated(&parts.concat(), &[READ]);
        });
        told(only(&summary)).unwrap()
    };
    assert_eq!(tell(50), ("open (app/app.js:8:21)".to_owned(), 50));
    assert_eq!(tell(49), ("read (app/app.js:30:5)".to_owned(), 300));
}

#[test]
fn where_none_accounts_for_half_it_is_the_commonest() {
    let summary = jobs(|program, jobs, parts| {
        let new = &jobs[OLD.min(jobs.len())..];
        let new_parts = &parts[OLD.min(parts.len())..].concat();
        for (all, count, line) in [(new, 30, 1), (new_parts, 20, 2)] {
            let first = &all[..count.min(all.len())];
            program.builder.allocated(first, &[("make", URL, line, 1)]);
        }
    });
    assert_eq!(told(only(&summary)), Some(("make (app/app.js:1:1)".to_owned(), 30)));
}

#[test]
fn of_two_that_are_equally_common_it_is_the_older() {
    let summary = jobs(|program, jobs, _| {
        let new = &jobs[OLD.min(jobs.len())..];
        let (first, second) = new.split_at(new.len() / 2);
        program.builder.allocated(first, &[OPEN]);
        program.builder.allocated(second, &[SERVE]);
    });
    assert_eq!(told(only(&summary)), Some(("open (app/app.js:8:21)".to_owned(), 50)));
}

#[test]
fn what_others_keep_as_well_is_not_theirs() {
    let summary = jobs(|program, jobs, _| {
        let cache = program.array(program.global, "shared");
        for &job in &jobs[OLD.min(jobs.len())..] {
            let shared = program.builder.object("Shared", 8);
            program.builder.property(job, "shared", shared).edge(cache, EdgeKind::Property, "one", shared);
            program.builder.allocated(&[shared], &[READ]);
        }
    });
    assert_eq!(told(only(&summary)), None);
}

#[test]
fn of_two_processes_nobody_knows_what_is_new() {
    let make = |count| {
        let record: Record<'_> = &|program, jobs, _| {
            program.builder.allocated(jobs, &[OPEN]);
        };
        program(count, record).snapshot()
    };
    let options = SummaryOptions {
        rounds: Some(ROUNDS),
        identity: Some(Identity::DifferentProcess),
        ..SummaryOptions::default()
    };
    let summary = summarize(Some(&make(60)), &make(160), &options, &CancelToken::new()).unwrap();
    assert_eq!(told(only(&summary)), Some(("open (app/app.js:8:21)".to_owned(), 160)));
}
