// The reporter gets the exceptions of callbacks that the platform has called, which no script can catch. The default
// reporter makes them unhandled rejections.
let reporter = (error) => {
  Promise.reject(error);
};

export function setReporter(report) {
  reporter = report;
}

export function reportError(error) {
  reporter(error);
}
