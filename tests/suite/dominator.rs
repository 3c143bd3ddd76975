//! The cause `dominator`, on drawn heaps: what is large or grows and nothing more specific explains, and what is left alone.

use crate::summaries::{compare_counts, look, only};
use leakscan::analysis::diff::Identity;
use leakscan::cancel::CancelToken;
use leakscan::causes::{Summary, SummaryOptions, Verdict, summarize};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::program::Program;

const URL: &str = "/srv/app/dist/jobs.js";
const PACKAGE: &str = "/srv/app/node_modules/parser/index.js";

/// One string of five megabytes in a variable of a function, which is in a variable of a function …: of these scripts.
fn room(scripts: &[&str]) -> Summary {
    let mut program = Program::new(URL);
    let mut inner = program.string("room", 5_000_000);
    for (at, url) in scripts.iter().enumerate().rev() {
        program.script(url);
        let function = program.function("use", 10 + at as u32, 3);
        let scope = program.scope(&[(if at + 1 == scripts.len() { "room" } else { "next" }, inner)]);
        inner = program.closure(function, "use", Some(scope));
    }
    program.builder.property(program.global, "use", inner);
    look(&program.snapshot())
}

#[test]
fn room_that_a_package_made_once_is_no_suspect() {
    let title = "one variable room (string) of 5.0 MB";
    let told: [&[&str]; 4] = [&[URL], &[PACKAGE, URL], &["node:fs"], &[URL, "node:fs"]];
    for scripts in told {
        let summary = room(scripts);
        assert_eq!((only(&summary).title.as_str(), summary.verdict), (title, Verdict::Suspicious), "{scripts:?}");
    }
    let healthy: [&[&str]; 3] = [&[PACKAGE], &[URL, PACKAGE], &[PACKAGE, "node:fs"]];
    for scripts in healthy {
        assert_eq!(room(scripts).verdict, Verdict::Clean, "{scripts:?}");
    }
}

/// Functions of a package that pile up in it are no room.
#[test]
fn what_piles_up_in_a_package_is_a_suspect_all_the_same() {
    let mut program = Program::new(PACKAGE);
    let cache = program.builder.object("Cache", 40);
    let scope = program.scope(&[("cache", cache)]);
    let function = program.function("use", 10, 3);
    let closure = program.closure(function, "use", Some(scope));
    program.builder.property(program.global, "use", closure);
    for at in 0..30 {
        let entry = program.builder.object("Entry", 200_000);
        program.builder.property(cache, &format!("entry{at}"), entry);
    }
    let summary = look(&program.snapshot());
    let finding = only(&summary);
    assert_eq!((finding.cause, finding.count), ("dominator", 30));
    assert_eq!(
        (finding.title.as_str(), finding.confidence),
        ("30 Entry objects in variable cache (Cache), 6.0 MB", 0.4)
    );
}

/// Two hundred jobs, of which so many have what `make` makes.
fn jobs(with: u32, make: fn(&mut Program) -> NodeIndex) -> Program {
    let mut program = Program::new(URL);
    let registry = program.global_object("registry", "Registry");
    let jobs = program.array(registry, "jobs");
    for at in 0..200 {
        let job = program.builder.object("Job", 40);
        program.push(jobs, job);
        if at < with {
            let result = make(&mut program);
            program.builder.property(job, "result", result);
        }
    }
    program
}

fn result(program: &mut Program) -> NodeIndex {
    program.builder.object("Result", 2_000)
}

/// Both as of two processes.
fn elsewhere(rounds: Option<u32>, before: &Program, after: &Program) -> Summary {
    let identity = Some(Identity::DifferentProcess);
    let options = SummaryOptions { rounds, identity, ..SummaryOptions::default() };
    summarize(Some(&before.snapshot()), &after.snapshot(), &options, &CancelToken::new()).unwrap()
}

#[test]
fn of_two_processes_places_that_both_have_are_compared() {
    let compare = |rounds, before, after| elsewhere(rounds, &jobs(before, result), &jobs(after, result));
    let summary = compare(Some(100), 60, 160);
    let finding = only(&summary);
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((finding.cause, finding.owner.class_name.to_string().as_str()), ("dominator", "Job"));
    assert_eq!((growth.count, growth.bytes, growth.per_round), (100, 200_000, Some(1.0)));
    assert_eq!((summary.verdict, finding.confidence), (Verdict::Leak, 0.75));
    // Out of step, two processes may differ for better reasons.
    let uneven = compare(Some(90), 60, 160);
    assert_eq!((uneven.verdict, only(&uneven).confidence), (Verdict::Suspicious, 0.5));
    assert_eq!(compare(None, 60, 160).verdict, Verdict::Suspicious);
}

#[test]
fn of_two_processes_neither_noise_nor_what_one_has_alone_is_told() {
    let verdict = |rounds, before, after| elsewhere(rounds, &jobs(before, result), &jobs(after, result)).verdict;
    assert_eq!(verdict(None, 60, 69), Verdict::Clean, "nine more");
    assert_eq!(verdict(None, 160, 160), Verdict::Clean);
    assert_eq!(verdict(None, 0, 100), Verdict::Clean, "loaded by one of them");
    assert_eq!(verdict(Some(90), 0, 100), Verdict::Clean);
    assert_eq!(verdict(Some(100), 0, 100), Verdict::Leak, "but not in step with the rounds");
    let light = |program: &mut Program| program.builder.object("Result", 16);
    assert_eq!(elsewhere(None, &jobs(60, light), &jobs(160, light)).verdict, Verdict::Clean, "a few bytes");
    let code = |program: &mut Program| program.builder.node(NodeKind::CODE, "system / BytecodeArray", 2_000);
    assert_eq!(elsewhere(None, &jobs(60, code), &jobs(160, code)).verdict, Verdict::Clean, "the VM's own");
}

#[test]
fn people_know_the_owner_by_the_last_name_that_somebody_wrote() {
    /// A string of five megabytes where `hang` hangs it.
    fn label(hang: fn(&mut Program, NodeIndex)) -> String {
        let mut program = Program::new(URL);
        let room = program.string("room", 5_000_000);
        hang(&mut program, room);
        let summary = look(&program.snapshot());
        only(&summary).title.clone()
    }
    let property = label(|program, room| {
        let registry = program.global_object("registry", "Registry");
        program.builder.property(registry, "room", room);
    });
    assert_eq!(property, "one Registry.room (string) of 5.0 MB");
    let of_class = label(|program, room| {
        let function = program.function("Registry", 10, 3);
        let class = program.closure(function, "Registry", None);
        program.builder.property(program.global, "Registry", class).property(class, "room", room);
    });
    assert_eq!(of_class, "one Registry.room (string) of 5.0 MB", "a class with static properties");
    let of_plain = label(|program, room| {
        let module = program.global_object("module", "Registry");
        let exports = program.builder.object("Object", 40);
        program.builder.property(module, "exports", exports).property(exports, "room", room);
    });
    assert_eq!(of_plain, "one exports.room (string) of 5.0 MB", "an object without a class");
    let inside = label(|program, room| {
        let list = program.array(program.global, "list");
        program.builder.element(list, 7, room);
    });
    assert_eq!(inside, "one string in global.list of 5.0 MB");
    let inner = label(|program, room| {
        let scope = program.scope(&[("room", room)]);
        program.builder.edge(program.global, EdgeKind::Internal, "scope", scope);
    });
    assert_eq!(inner, "one variable room (string) of 5.0 MB");
}

#[test]
fn of_functions_that_keep_each_other_the_old_ones_count_too() {
    // Each is made of the one before, as `_.wrap` and `bind` do; the last one keeps all.
    let summary = compare_counts(|count| {
        let mut program = Program::new("/srv/shop/dist/client.js");
        let client = program.global_object("client", "Client");
        let literal = program.function("wrapper", 5, 3);
        let mut last = None;
        for _ in 0..count {
            let wrapper = program.closure(literal, "wrapper", None);
            let partials = program.builder.object("Array", 10_000);
            program.builder.edge(wrapper, EdgeKind::Internal, "bindings", partials);
            if let Some(before) = last {
                program.push(partials, before);
            }
            last = Some(wrapper);
        }
        program.builder.property(client, "charge", last.unwrap());
        program
    });
    let finding = only(&summary);
    assert_eq!((finding.cause, finding.count), ("dominator", 160), "{}", finding.title);
}
