import { tag } from "web/define.js";
import { stateOf, State } from "web/event.js";
import { expose, host } from "web/host.js";
import { globalTarget, hasListeners } from "web/target.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// Events that a script constructs have no schedule.
Object.assign(State.prototype, { cron: "", scheduledTime: 0 });

// ScheduledEvent is dispatched at the times of a cron.
export class ScheduledEvent extends ExtendableEvent {
  get cron() {
    return stateOf(this).cron;
  }
  // scheduledTime is the time of the cron in milliseconds, as of Date.now.
  get scheduledTime() {
    return stateOf(this).scheduledTime;
  }

  // noRetry has no effect, because the event is not repeated after a failure.
  noRetry() {}
}

// ScheduledController is the first argument of the method scheduled of a default export.
export class ScheduledController {
  constructor(event) {
    this.cron = event.cron;
    this.scheduledTime = event.scheduledTime;
  }
  noRetry() {}
}

tag(ScheduledController);

expose("scheduled", (id, cron, scheduledTime) => {
  if (!hasListeners(globalTarget, "scheduled")) return host.done(id);
  const event = new ScheduledEvent("scheduled");
  Object.assign(stateOf(event), { cron, scheduledTime });
  run(id, event, () => host.done(id));
});
