use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Counts, Simulation, Weather};

/// Steps of one run, before everything comes to rest.
const STEPS: usize = 400;
/// Runs in each weather, unless the environment says otherwise.
const RUNS: u64 = 16;
/// Seeds that once found something, each in its weather. They stay.
const ONCE_FAILED: [(u64, Weather); 9] = [
    (1_013, Weather::CALM),
    (1_059, Weather::CALM),
    (1_078, Weather::CALM),
    (2_017, Weather::STORM),
    (2_022, Weather::STORM),
    (3_016, Weather::WRONG_CLOCKS),
    (3_021, Weather::WRONG_CLOCKS),
    (3_038, Weather::WRONG_CLOCKS),
    (3_193, Weather::WRONG_CLOCKS),
];

fn runs() -> u64 {
    option_env!("WATCHDESK_SIM_RUNS").map_or(RUNS, |text| text.parse().expect("WATCHDESK_SIM_RUNS is a number"))
}

/// One run. Whatever goes wrong, its seed is told, and what was done last.
fn run(seed: u64, weather: Weather) -> Counts {
    let mut simulation = Simulation::new(seed, weather);
    let outcome = catch_unwind(AssertUnwindSafe(|| simulation.run(STEPS)));
    let wrong = match outcome {
        Ok(Ok(())) => return simulation.counts,
        Ok(Err(wrong)) => wrong,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        }
    };
    let told: Vec<_> = simulation.told.into_iter().collect();
    panic!("WATCHDESK_SIM_SEED={seed} in {weather:?}\n{}\n{wrong}", told.join("\n"));
}

fn run_all(first: u64, weather: Weather) -> Counts {
    let mut all = Counts::default();
    for seed in first..first + runs() {
        let counts = run(seed, weather);
        counts.done.into_iter().for_each(|(name, times)| *all.done.entry(name).or_default() += times);
        all.fired += counts.fired;
        all.turned_away += counts.turned_away;
        all.deaths += counts.deaths;
        all.delivered += counts.delivered;
        all.missed += counts.missed;
        all.refused += counts.refused;
    }
    for name in Simulation::names() {
        assert!(all.done.contains_key(name), "nobody did this: {name}; {all:?}");
    }
    assert!(all.fired > 0 && all.delivered > 0 && all.missed > 0, "{all:?}");
    all
}

#[test]
fn in_calm_weather() {
    let counts = run_all(1_000, Weather::CALM);
    assert_eq!(counts.deaths, 0);
}

#[test]
fn in_a_storm() {
    let counts = run_all(2_000, Weather::STORM);
    assert!(counts.deaths > 0 && counts.turned_away > 0, "{counts:?}");
}

#[test]
fn with_clocks_that_cannot_be_trusted() {
    run_all(3_000, Weather::WRONG_CLOCKS);
}

#[test]
fn seeds_that_once_failed() {
    for (seed, weather) in ONCE_FAILED {
        run(seed, weather);
    }
}

/// `WATCHDESK_SIM_SEED` alone, in every weather.
#[test]
fn by_seed() {
    if let Some(text) = option_env!("WATCHDESK_SIM_SEED") {
        let seed = text.parse().expect("WATCHDESK_SIM_SEED is a number");
        for weather in [Weather::CALM, Weather::STORM, Weather::WRONG_CLOCKS] {
            run(seed, weather);
        }
    }
}
