//! The trend, and the summary of a series: what grows in every window is told once, what fills up or falls is no leak.

use leakscan::analysis::diff::Identity;
use leakscan::analysis::disclosure::StringContents;
use leakscan::analysis::ignore::IgnoreRule;
use leakscan::analysis::pace::Rounds;
use leakscan::analysis::source_maps::SourceMapOptions;
use leakscan::analysis::sources::Sources;
use leakscan::analysis::trend::{Known, RowPace, Trend, TrendBuilder, TrendOptions, TrendRow};
use leakscan::cancel::CancelToken;
use leakscan::causes::{Mode, Series, SeriesOptions, Summary, SummaryOptions, Verdict, summarize};
use leakscan::graph::Snapshot;
use leakscan::report::{Report, Style};
use leakscan::snapshot::{EdgeKind, NodeIndex, NodeKind};
use leakscan::testing::golden;
use leakscan::testing::program::Program;

/// What a program holds after some rounds, and what it has done since.
#[derive(Clone, Copy, Default)]
struct State {
    /// Entries of a Map, each with a string as key and an object as value, which has a field of its own.
    sessions: u32,
    /// Properties of an object used as a dictionary, whose names look like any others.
    users: u32,
    /// Elements of an array.
    queue: u32,
    /// Listeners for one event of `process`.
    listeners: u32,
}

/// A program that has passed through `states`, so that what it had in one it has under the same ids in the next; ids of
/// another process are others.
fn program(states: &[State], host: &str, first_id: u32) -> Snapshot {
    let mut program = Program::new(&format!("{host}/dist/app.js"));
    let process = program.global_object("process", "process");
    let sessions = program.map(process, "sessions");
    let users = program.builder.object("Object", 24);
    // Not of the same owner: those would be one cache.
    let app = program.global_object("app", "App");
    program.builder.property(app, "users", users);
    let queue = program.array(process, "queue");
    let events = program.emitter(process);
    let listeners = program.array(events, "warning");
    let function = program.function("onWarning", 7, 3);
    // A heap has other things too.
    let rest = program.builder.object("Config", 400_000);
    program.builder.property(process, "config", rest);
    let now = *states.last().unwrap();
    let mut most = State::default();
    for state in states {
        for at in most.sessions..state.sessions {
            let key = program.string(&format!("session {at}"), 32);
            let session = program.builder.object("Session", 2_000);
            let user = program.builder.object("User", 100);
            program.builder.property(session, "user", user);
            if at < now.sessions {
                program.set(sessions, key, session);
            }
        }
        for at in most.users..state.users {
            let user = program.builder.object("User", 1_500);
            let digits = [at / 100, at / 10 % 10, at % 10];
            let name: String = digits.map(|digit| char::from(b'a' + digit as u8)).iter().collect();
            program.builder.property(users, &name, user);
        }
        for at in most.queue..state.queue {
            let job = program.builder.object("Job", 3_000);
            if at < now.queue {
                program.push(queue, job);
            }
        }
        for _ in most.listeners..state.listeners {
            let closure = program.closure(function, "onWarning", None);
            program.push(listeners, closure);
        }
        most = State {
            sessions: most.sessions.max(state.sessions),
            users: most.users.max(state.users),
            queue: most.queue.max(state.queue),
            listeners: most.listeners.max(state.listeners),
        };
    }
    for at in 1..program.builder.node_count() as u32 {
        if first_id > 0 {
            program.builder.id(NodeIndex(at), first_id + 2 * at + 1);
        }
    }
    program.snapshot()
}

fn snapshots(states: &[State]) -> Vec<Snapshot> {
    (1..=states.len()).map(|count| program(&states[..count], "/srv/app", 0)).collect()
}

fn text(answer: &impl Report) -> String {
    answer.text(&Style::default())
}

fn trend_with(snapshots: &[Snapshot], rounds: Option<Rounds>, options: &TrendOptions) -> Trend {
    let cancel = CancelToken::new();
    let mut builder = TrendBuilder::new(snapshots.len());
    for snapshot in snapshots {
        builder.add(snapshot, &cancel).unwrap();
    }
    let known = Known {
        identity: Identity::SameProcess,
        rounds: rounds.as_ref(),
        unit: "request",
        strings: StringContents::None,
        sources: &Sources::new(&SourceMapOptions::Beside(false)),
    };
    builder.trend(snapshots.last().unwrap(), &known, options, &cancel).unwrap()
}

fn trend(states: &[State], rounds: Option<Rounds>) -> Trend {
    trend_with(&snapshots(states), rounds, &TrendOptions::default())
}

fn summary_with(snapshots: &[Snapshot], options: SeriesOptions, told: &SummaryOptions) -> Summary {
    let mut series = Series::new(&snapshots[0], snapshots.len(), options);
    for pair in snapshots.windows(2) {
        series.add(&pair[0], &pair[1], &CancelToken::new()).unwrap();
    }
    series.summary(told)
}

fn options(rounds: &[u32]) -> SeriesOptions {
    let rounds = (!rounds.is_empty()).then(|| Rounds::List(rounds.to_vec()));
    SeriesOptions { rounds, unit: "request".to_owned(), ..SeriesOptions::default() }
}

fn summary(states: &[State], rounds: &[u32]) -> Summary {
    summary_with(&snapshots(states), options(rounds), &SummaryOptions::default())
}

fn sessions(counts: &[u32]) -> Vec<State> {
    counts.iter().map(|&sessions| State { sessions, ..State::default() }).collect()
}

fn primes() -> Option<Rounds> {
    Some(Rounds::List(vec![7, 13]))
}

fn only(trend: &Trend) -> &TrendRow {
    assert_eq!(trend.rows.len(), 1, "{}", text(trend));
    &trend.rows[0]
}

#[test]
fn one_growth_is_one_row_with_its_keys_and_all_below() {
    let trend = trend(&sessions(&[5, 12, 25]), primes());
    let row = only(&trend);
    assert_eq!(row.class_name, "Session");
    assert_eq!(row.path_text(), "process.sessions[x]");
    assert_eq!((&row.counts[..], &row.count_deltas[..]), (&[5, 12, 25][..], &[7, 13][..]));
    assert_eq!(row.size_deltas, [7 * 2132, 13 * 2132]);
    assert_eq!(row.also.iter().map(ToString::to_string).collect::<Vec<_>>(), ["string"]);
    assert_eq!((row.exact, row.pace), (true, RowPace::Steady));
    assert_eq!((row.slope.count, row.per_round.unwrap().count, row.per_round.unwrap().bytes), (10.0, 1.0, 2132.0));
    assert_eq!(row.example.as_ref().unwrap().class_name, "Session");
}

#[test]
fn names_of_a_dictionary_count_as_one_place() {
    let states = [30, 37, 50].map(|users| State { users, ..State::default() });
    let trend = trend(&states, primes());
    let row = only(&trend);
    assert_eq!((row.path_text().as_str(), &row.counts[..]), ("global.app.users[x]", &[30, 37, 50][..]));
}

#[test]
fn what_does_not_grow_in_every_window_is_not_told() {
    assert!(trend(&sessions(&[5, 40, 40]), primes()).rows.is_empty());
    assert!(trend(&sessions(&[5, 5, 40]), primes()).rows.is_empty());
    assert!(trend(&sessions(&[40, 40, 40]), primes()).rows.is_empty());
    // Fewer a round than one.
    assert!(trend(&sessions(&[5, 12, 18]), primes()).rows.is_empty());
}

#[test]
fn the_pace_is_told() {
    let cases: [(&[u32], Option<Rounds>, RowPace, bool); 6] = [
        (&[5, 12, 25], primes(), RowPace::Steady, true),
        (&[5, 13, 27], primes(), RowPace::Steady, false),
        (&[5, 19, 32], primes(), RowPace::Uneven, false),
        (&[5, 75, 88], primes(), RowPace::Waning, false),
        (&[5, 75, 6], primes(), RowPace::Backlog, false),
        (&[5, 12, 25], None, RowPace::Steady, false),
    ];
    for (counts, rounds, pace, exact) in cases {
        let trend = trend(&sessions(counts), rounds);
        let row = only(&trend);
        assert_eq!((row.pace, row.exact), (pace, exact), "{counts:?}");
    }
}

#[test]
fn one_thing_that_gets_heavier_is_told() {
    let make = |size: u64| {
        let mut program = Program::new("/srv/app/dist/app.js");
        let process = program.global_object("process", "process");
        let log = program.array(process, "log");
        // Small integers leave no trace but the bytes of the array for them.
        let elements = program.builder.node(NodeKind::ARRAY, "", size);
        program.builder.edge(log, EdgeKind::Internal, "elements", elements);
        program.snapshot()
    };
    let options = TrendOptions::default();
    let trend = trend_with(&[make(1000), make(2000), make(4000)], primes(), &options);
    assert_eq!((only(&trend).path_text().as_str(), &only(&trend).size_deltas[..]), ("process.log", &[1000, 2000][..]));
    assert!(trend_with(&[make(1000), make(2000), make(2000)], primes(), &options).rows.is_empty());
}

#[test]
fn what_grows_faster_than_what_holds_it_has_its_own_row() {
    // Every user has orders: old users get more of them than new ones bring.
    let make = |users: u32, orders: u32| {
        let mut program = Program::new("/srv/app/dist/app.js");
        let process = program.global_object("process", "process");
        let all = program.array(process, "users");
        for _ in 0..users {
            let user = program.builder.object("User", 1000);
            let list = program.array(user, "orders");
            for _ in 0..orders {
                let order = program.builder.object("Order", 200);
                program.push(list, order);
            }
            program.push(all, user);
        }
        program.snapshot()
    };
    let texts = |trend: &Trend| trend.rows.iter().map(TrendRow::path_text).collect::<Vec<_>>();
    let options = TrendOptions::default();
    let steady = trend_with(&[make(50, 3), make(57, 3), make(70, 3)], primes(), &options);
    assert_eq!(texts(&steady), ["process.users[x]"]);
    let faster = trend_with(&[make(50, 3), make(57, 10), make(70, 23)], primes(), &options);
    assert_eq!(texts(&faster).len(), 2, "{}", text(&faster));
    assert!(texts(&faster).contains(&"process.users[x].orders[x]".to_owned()));
    // No byte is in both.
    let bytes: i64 = faster.rows.iter().flat_map(|row| &row.size_deltas).sum();
    let size = |snapshot: &Snapshot| snapshot.graph.dominators.retained_size(NodeIndex::ROOT) as i64;
    assert_eq!(bytes, size(&make(70, 23)) - size(&make(50, 3)));
}

#[test]
fn what_is_reached_through_something_they_share_has_its_own_row() {
    // Timers pile up, and the scope of their function holds that of the module, where a Map grows at the same pace.
    let make = |rounds: u32| {
        let mut program = Program::new("/srv/app/dist/app.js");
        let process = program.global_object("process", "process");
        let timers = program.array(process, "timers");
        let module = program.scope(&[]);
        let sessions = program.array(module, "sessions");
        let poll = program.function("poll", 7, 3);
        for _ in 0..rounds {
            let scope = program.scope(&[]);
            program.builder.edge(scope, EdgeKind::Internal, "previous", module);
            let timer = program.closure(poll, "poll", Some(scope));
            program.push(timers, timer);
            let session = program.builder.object("Session", 2_000);
            program.push(sessions, session);
        }
        program.snapshot()
    };
    let trend = trend_with(&[make(5), make(12), make(25)], primes(), &TrendOptions::default());
    let rows: Vec<_> = trend.rows.iter().map(|row| (row.path_text(), row.size_deltas[0] / 7)).collect();
    let session = ("process.timers[x].context.previous.sessions[x]".to_owned(), 2_000);
    assert_eq!(rows.len(), 2, "{}", text(&trend));
    assert_eq!(rows[0], session);
    assert_eq!(rows[1].0, "process.timers[x]");
    assert!(rows[1].1 < 2_000, "{rows:?}");
}

#[test]
fn rows_can_be_ignored_and_are_counted() {
    let snapshots = snapshots(&sessions(&[5, 12, 25]));
    let signature = trend_with(&snapshots, primes(), &TrendOptions::default()).rows[0].signature.clone();
    let some = |text: &str| Some(text.to_owned());
    let rules = [
        IgnoreRule { signature: Some(signature), ..IgnoreRule::default() },
        IgnoreRule { class_name: some("Session"), ..IgnoreRule::default() },
        IgnoreRule { class_name: some("Map"), ..IgnoreRule::default() },
        IgnoreRule { path: some("**.sessions[x]"), ..IgnoreRule::default() },
    ];
    for rule in rules {
        let options = TrendOptions { ignore: vec![rule], ..TrendOptions::default() };
        let trend = trend_with(&snapshots, primes(), &options);
        assert_eq!((trend.rows.len(), trend.row_count, trend.ignored), (0, 0, 1), "{options:?}");
    }
}

/// All kinds of growth at once.
fn busy() -> [State; 3] {
    [(5, 30, 2, 10), (12, 37, 60, 17), (25, 50, 2, 30)].map(|(sessions, users, queue, listeners)| State {
        sessions,
        users,
        queue,
        listeners,
    })
}

#[test]
fn the_trend_reads_well() {
    golden::check("trend", &text(&trend(&busy(), primes())));
    golden::check("trend-unknown-rounds", &text(&trend(&busy(), None)));
    let options = TrendOptions {
        limit: 1,
        ignore: vec![IgnoreRule { class_name: Some("User".to_owned()), ..IgnoreRule::default() }],
    };
    golden::check("trend-part", &text(&trend_with(&snapshots(&busy()), primes(), &options)));
    golden::check("trend-nothing", &text(&trend(&sessions(&[9, 9, 9]), primes())));
}

#[test]
fn a_leak_of_a_series_reads_well() {
    golden::check("summary-trend", &text(&summary(&busy(), &[7, 13])));
    let rule = IgnoreRule { cause: Some("unbounded-collection".to_owned()), ..IgnoreRule::default() };
    let told = SummaryOptions { ignore: vec![rule], ..SummaryOptions::default() };
    let some = summary_with(&snapshots(&busy()), options(&[7, 13]), &told);
    golden::check("summary-trend-ignored", &text(&some));
    golden::check("summary-trend-clean", &text(&summary(&sessions(&[9, 9, 9]), &[7, 13])));
}

#[test]
fn a_leak_grows_in_every_window() {
    let summary = summary(&sessions(&[5, 12, 25]), &[7, 13]);
    assert_eq!((summary.verdict, summary.mode, summary.findings.len()), (Verdict::Leak, Mode::Trend, 1));
    let finding = &summary.findings[0];
    let growth = finding.growth.as_ref().unwrap();
    assert_eq!((growth.count, growth.per_round), (20, Some(1.0)));
    assert_eq!(finding.evidence["counts"], "5 -> 12 -> 25".into());
    assert!(finding.confidence > 0.96);
    assert_eq!((summary.snapshots.len(), summary.identity), (3, Some(Identity::SameProcess)));
}

#[test]
fn what_fills_up_is_no_leak_though_a_pair_cannot_tell() {
    // A cache that fills to its bound, one entry a round, in the first window.
    let filling = sessions(&[5, 12, 12]);
    let pair = snapshots(&filling[..2]);
    let told = SummaryOptions { rounds: Some(7), ..SummaryOptions::default() };
    assert_eq!(summarize(Some(&pair[0]), &pair[1], &told, &CancelToken::new()).unwrap().verdict, Verdict::Leak);
    for counts in [[5, 12, 12], [5, 12, 5], [12, 5, 18], [5, 75, 88], [5, 5, 18]] {
        let summary = summary(&sessions(&counts), &[7, 13]);
        assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0), "{counts:?}");
    }
}

#[test]
fn growth_out_of_step_is_a_suspicion() {
    let summary = summary(&sessions(&[5, 19, 32]), &[7, 13]);
    assert_eq!(summary.verdict, Verdict::Suspicious);
    assert!(summary.findings[0].confidence <= 0.6);
}

#[test]
fn what_is_ignored_does_not_count_for_the_verdict() {
    let snapshots = snapshots(&sessions(&[5, 12, 25]));
    let all = summary_with(&snapshots, options(&[7, 13]), &SummaryOptions::default());
    let some = |text: &str| Some(text.to_owned());
    let rules = [
        IgnoreRule { signature: some(&all.findings[0].signature), ..IgnoreRule::default() },
        IgnoreRule { cause: some("unbounded-collection"), ..IgnoreRule::default() },
        IgnoreRule { class_name: some("Map"), ..IgnoreRule::default() },
        IgnoreRule { class_name: some("Session"), ..IgnoreRule::default() },
        IgnoreRule { path: some("process.sessions"), ..IgnoreRule::default() },
    ];
    for rule in rules {
        let told = SummaryOptions { ignore: vec![rule], ..SummaryOptions::default() };
        let summary = summary_with(&snapshots, options(&[7, 13]), &told);
        assert_eq!((summary.verdict, summary.findings.len(), summary.ignored), (Verdict::Clean, 0, 1), "{told:?}");
    }
    let other = IgnoreRule { cause: some("timers"), ..IgnoreRule::default() };
    let told = SummaryOptions { ignore: vec![other], ..SummaryOptions::default() };
    assert_eq!(summary_with(&snapshots, options(&[7, 13]), &told).findings.len(), 1);
}

/// The same program on other hosts, each in a process of its own.
fn elsewhere(states: &[State]) -> Vec<Snapshot> {
    let hosts = ["/srv/app", "C:\\app", "/home/node/app"];
    let at = |(number, &state): (usize, &State)| program(&[state], hosts[number % 3], 20_000 * number as u32);
    states.iter().enumerate().map(at).collect()
}

#[test]
fn growth_across_processes_is_told_by_place() {
    let different = |rounds: &[u32]| SeriesOptions { identity: Some(Identity::DifferentProcess), ..options(rounds) };
    let states = busy();
    let pair = summary_with(&elsewhere(&states[..2]), different(&[7]), &SummaryOptions::default());
    let causes: Vec<_> = pair.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(pair.identity, Some(Identity::DifferentProcess));
    assert!(causes.contains(&"unbounded-collection") && causes.contains(&"listeners"), "{causes:?}");
    let here = summary(&states, &[7, 13]);
    let there = summary_with(&elsewhere(&states), different(&[7, 13]), &SummaryOptions::default());
    for finding in &here.findings {
        let twin = there.findings.iter().find(|it| it.signature == finding.signature);
        let twin = twin.unwrap_or_else(|| panic!("{} is not in {}", finding.title, text(&there)));
        assert_eq!(twin.growth, finding.growth, "{}", finding.title);
        assert!(twin.confidence < finding.confidence);
    }
    // Without rounds it may be anything.
    let unknown = summary_with(&elsewhere(&states[..2]), different(&[]), &SummaryOptions::default());
    assert_ne!(unknown.verdict, Verdict::Leak, "{}", text(&unknown));
}

#[test]
fn equal_processes_differ_in_nothing() {
    let options = SeriesOptions { identity: Some(Identity::DifferentProcess), ..options(&[7, 13]) };
    let summary = summary_with(&elsewhere(&sessions(&[9, 9, 9])), options, &SummaryOptions::default());
    assert_eq!((summary.verdict, summary.findings.len()), (Verdict::Clean, 0), "{}", text(&summary));
}

#[test]
fn different_leaks_have_different_signatures() {
    let summary = summary(&busy(), &[7, 13]);
    let mut signatures: Vec<_> = summary.findings.iter().map(|finding| &finding.signature).collect();
    signatures.sort();
    signatures.dedup();
    assert_eq!((signatures.len(), summary.findings.len()), (3, 3), "{}", text(&summary));
}
