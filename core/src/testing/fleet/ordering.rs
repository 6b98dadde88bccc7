//! Visitors and the backend: pages are ordered, with a visitor who waits or without one, and
//! visitors leave.

use super::backend::Job;
use super::client::Stage;
use super::page::Piece;
use super::settings::Defect;
use super::slab::Id;
use super::world::World;
use crate::lookup::lease::Run;
use crate::lookup::near::Reading;
use crate::protocol::Value;
use crate::time::Time;

impl World {
    /// The backend is asked, and the visitor waits.
    pub(super) fn make(
        &mut self,
        client: Id,
        run: Option<Run>,
        instead: Option<(Value<Piece>, Time, Option<Reading>)>,
        is_alone: bool,
    ) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let is_limited = is_alone && instead.is_some();
        let job = Job {
            client: Some(client),
            run,
            instead,
            is_alone,
            ..Job::of(it, self.now)
        };
        let job = self.start(job, is_limited);
        if let Some(it) = self.clients.get(client) {
            it.stage = Stage::Making(job);
        }
    }

    /// A page is made anew while the visitor has what there is.
    pub(super) fn refresh(&mut self, client: Id, run: Run) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let job = Job {
            run: Some(run),
            is_alone: true,
            is_refresh: true,
            ..Job::of(it, self.now)
        };
        let worker = it.worker as usize;
        if self.workers[worker].refreshes >= self.plan.settings.options.refresh_max {
            self.abandon(job);
            return;
        }
        self.workers[worker].refreshes += 1;
        self.start(job, true);
    }

    /// A visitor leaves.
    pub(super) fn leaves(&mut self, client: Id) {
        let now = self.time();
        let Some(it) = self.clients.remove(client) else {
            return;
        };
        if self.shows(Defect::LeavesUntold, 1) {
            core::mem::forget(it);
            return;
        }
        self.note(|| format!("{client:?} leaves"));
        self.count(|span| span.left += 1);
        let worker = it.worker;
        let at = worker as usize;
        match it.stage {
            Stage::Visiting(visit) => {
                let worker = &mut self.workers[at];
                let unwanted = worker.leases.leave(now, &mut worker.lookups, *visit);
                self.cancel(it.worker, unwanted);
            }
            Stage::Looking(waiter) => {
                let unwanted = self.workers[at].lookups.leave(waiter);
                self.cancel(worker, unwanted);
            }
            Stage::Making(job) => self.left(job, it.luck),
            Stage::New | Stage::Counting(_) | Stage::Taken => {}
        }
        self.mark(worker);
    }
}
