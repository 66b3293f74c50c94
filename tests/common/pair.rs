//! Two endpoints and a fake wire: closing tests read as stories.

use fullduplex::{Config, Role};

use super::{End, Frame, Seen, read_frames};

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) client: End,
    pub(crate) server: End,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(&Config::default())
    }

    pub(crate) fn with(config: &Config) -> Self {
        Self { client: End::with(Role::Client, config), server: End::with(Role::Server, config) }
    }

    pub(crate) fn end(&mut self, role: Role) -> &mut End {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    /// Carries what waits at the other end to the one that has `role`: the frames, and what it saw.
    pub(crate) fn carry_to(&mut self, role: Role) -> (Vec<Frame>, Vec<Seen>) {
        let wire = self.end(other(role)).written();
        (read_frames(&wire), self.end(role).receive(&wire))
    }

    /// Carries both ways until nothing waits. Returns what the client and the server saw.
    pub(crate) fn settle(&mut self) -> (Vec<Seen>, Vec<Seen>) {
        let (mut client, mut server) = (Vec::new(), Vec::new());
        while !(self.client.output.is_empty() && self.server.output.is_empty()) {
            server.extend(self.carry_to(Role::Server).1);
            client.extend(self.carry_to(Role::Client).1);
        }
        (client, server)
    }
}

pub(crate) fn other(role: Role) -> Role {
    match role {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}
