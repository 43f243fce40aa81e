// promised gives a promise of the platform's own for what a script gave. Promise.resolve and await would ask the script's
// promise for its constructor, and fail if that fails.
export const promised = (given) => new Promise((resolve) => resolve(given));

// settle waits for a promise, or anything like one.
export function settle(given, failed, finished) {
  promised(given).then(finished, (error) => {
    failed(error);
    finished();
  });
}
