//! Stories of the whole program: the real binary, real sockets, both databases.

mod answers;
mod clocks;
mod corpora;
mod crash;
mod escalation;
mod incidents;
mod mail_thread;
mod nodes;
mod operators;
mod printing;
mod sla_lines;

/// Runs a story on each database.
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::$story(watchdesk_tests::Backend::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                super::$story(watchdesk_tests::Backend::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_both_databases;
