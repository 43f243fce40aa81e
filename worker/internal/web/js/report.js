// An exception that no script can catch, because it ended a callback that the platform called, goes to the reporter. It
// is an unhandled rejection unless the worker installs something better.
let reporter = (error) => {
  Promise.reject(error);
};

export function setReporter(report) {
  reporter = report;
}

export function reportError(error) {
  reporter(error);
}
