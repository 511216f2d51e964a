//! The org: its setup and its state.

mod hosts;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use orgtoken_assertion::PublicKey;

pub use hosts::Role;

use crate::app::AppKind;
use crate::clock::Clock;
use crate::history::{Login, RecordedRequest};
use crate::id::id;
#[cfg(feature = "rest")]
use crate::rest::{Data, schema::Schema};
use crate::scenario::{Outcome, Scenario, Step};
use crate::session::Sessions;
use crate::user::User;

/// The settings that do not change while the org runs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) client_id: String,
    pub(crate) kind: AppKind,
    pub(crate) scope: String,
    /// The address of the org: `https://127.0.0.1:49152`.
    pub(crate) url: String,
    /// The host name of a real org. The org responds to it as well.
    pub(crate) my_domain: String,
    pub(crate) role: Role,
    pub(crate) sandbox: bool,
    /// The accepted audiences. Empty for those of a real org.
    pub(crate) audiences: Vec<String>,
    pub(crate) strict_expiry: bool,
    pub(crate) token_lifetime: Duration,
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

/// The part of the org that requests change.
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

/// A user and the progress of its scenario.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) user: User,
    pub(crate) id: String,
    /// The number of times that the scenario still happens; always if `None`.
    left: Option<u32>,
    /// The number of times that it does not happen before that.
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

    /// Locks the state for the time of one response. A panic of another thread is ignored.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.setup.clock.now()
    }

    /// Uses a token for a call. Returns the id of its user, and the outcome of the user's scenario.
    pub(crate) fn use_token(&self, token: &str) -> Option<(String, Option<Outcome>)> {
        let mut state = self.state();
        let user_id = state.sessions.touch(token, self.now(), self.setup.token_lifetime)?.user_id;
        let member = state.member_by_id(&user_id);
        let outcome = member.and_then(|member| member.apply_scenario(Step::Api));
        if matches!(&outcome, Some(Outcome::Api(fault)) if fault.ends_session) {
            state.sessions.revoke(token);
        }
        Some((user_id, outcome))
    }
}

impl State {
    /// Records a request, and drops the oldest one if there are too many.
    pub(crate) fn record(&mut self, request: RecordedRequest) {
        if self.requests.len() == MAX_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// Finds a user by name, ignoring case.
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

    /// Replaces the user's scenario.
    pub(crate) fn set_scenario(&mut self, scenario: Option<Scenario>) {
        self.left = scenario.as_ref().and_then(|scenario| scenario.times);
        self.to_skip = scenario.as_ref().map_or(0, |scenario| scenario.skip_first);
        self.user.scenario = scenario;
    }

    /// Returns the outcome of the user's scenario at this step. Each call counts.
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

/// The maximum number of recorded requests, which bounds the memory of an org under load.
const MAX_REQUESTS: usize = 10_000;
