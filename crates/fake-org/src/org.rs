//! The org itself: what was set up, and what has happened since.

mod hosts;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use orgtoken_assertion::PublicKey;

pub use hosts::Role;

use crate::app::AppKind;
use crate::clock::{Clock, Moment};
use crate::history::{Login, RecordedRequest};
use crate::id::id;
#[cfg(feature = "rest")]
use crate::rest::{Data, schema::Schema};
use crate::scenario::{Outcome, Scenario, Step};
use crate::session::{Sessions, TokenFormat};
use crate::user::User;

/// What does not change while the org runs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) client_id: String,
    pub(crate) kind: AppKind,
    pub(crate) scope: String,
    /// Where the org listens: `https://127.0.0.1:49152`.
    pub(crate) url: String,
    /// The host that a real org would have, answered for as well.
    pub(crate) my_domain: String,
    pub(crate) role: Role,
    pub(crate) sandbox: bool,
    /// The accepted audiences, if not those of a real org.
    pub(crate) audiences: Vec<String>,
    pub(crate) strict_expiry: bool,
    pub(crate) token_format: TokenFormat,
    pub(crate) token_lifetime: Duration,
    pub(crate) login_limit: usize,
    #[cfg(feature = "rest")]
    pub(crate) api_limit: u64,
    pub(crate) clock: Clock,
}

/// A running org.
#[derive(Debug)]
pub(crate) struct Org {
    pub(crate) setup: Setup,
    pub(crate) org_id: String,
    state: Mutex<State>,
}

/// What changes with every request.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) key: PublicKey,
    pub(crate) members: HashMap<String, Member>,
    pub(crate) sessions: Sessions,
    pub(crate) token_ids: HashSet<String>,
    pub(crate) history: Vec<Login>,
    pub(crate) requests: VecDeque<RecordedRequest>,
    #[cfg(feature = "rest")]
    pub(crate) rest: Data,
}

/// A user as the org keeps it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) user: User,
    pub(crate) id: String,
    /// How often the scenario is still to be played; for ever if `None`.
    left: Option<u32>,
    /// How often it is not played before that.
    to_skip: u32,
}

impl Org {
    pub(crate) fn new(
        setup: Setup,
        key: PublicKey,
        users: Vec<User>,
        #[cfg(feature = "rest")] schema: Schema,
    ) -> Self {
        let org_id = id("00D", 1);
        let members = users.into_iter().zip(1..);
        let members: Vec<_> =
            members.map(|(user, number)| Member::new(user, id("005", number))).collect();
        #[cfg(feature = "rest")]
        let rest = Data::new(schema, &setup, &org_id, &members);
        let members = members.into_iter().map(|it| (it.user.username.to_lowercase(), it));
        let state = State {
            key,
            members: members.collect(),
            sessions: Sessions::default(),
            token_ids: HashSet::new(),
            history: Vec::new(),
            requests: VecDeque::new(),
            #[cfg(feature = "rest")]
            rest,
        };
        Self { setup, org_id, state: Mutex::new(state) }
    }

    /// The state, for as long as one answer takes. A test that panicked elsewhere changes nothing.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        self.setup.clock.now()
    }
}

impl State {
    /// Keeps a request, and forgets the oldest one where there are too many.
    pub(crate) fn record(&mut self, request: RecordedRequest) {
        if self.requests.len() == MAX_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Finds a user whatever the case of its name.
    pub(crate) fn member(&mut self, username: &str) -> Option<&mut Member> {
        self.members.get_mut(&username.to_lowercase())
    }

    pub(crate) fn member_by_id(&mut self, user_id: &str) -> Option<&mut Member> {
        self.members.values_mut().find(|member| member.id == user_id)
    }
}

impl Member {
    pub(crate) fn new(user: User, id: String) -> Self {
        let scenario = user.scenario.clone();
        let mut member = Self { user, id, left: None, to_skip: 0 };
        member.set_scenario(scenario);
        member
    }

    /// Changes what happens to the user from now on.
    pub(crate) fn set_scenario(&mut self, scenario: Option<Scenario>) {
        self.left = scenario.as_ref().and_then(|scenario| scenario.times);
        self.to_skip = scenario.as_ref().map_or(0, |scenario| scenario.skip_first);
        self.user.scenario = scenario;
    }

    /// What the user's scenario does at this step; each time counts.
    pub(crate) fn apply_scenario(&mut self, step: Step) -> Option<Outcome> {
        let scenario = self.user.scenario.as_ref().filter(|scenario| scenario.step == step)?;
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return None;
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(scenario.outcome.clone())
    }
}

/// Enough for a test, and little enough for an org that is left running under load.
const MAX_REQUESTS: usize = 10_000;
