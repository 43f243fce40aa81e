// A host that records what the modules call, in place of the protocol.
const functions = new Map();
export const expose = (name, fn) => functions.set(name, fn);
export const log = [];
export const answers = {}; // functions that answer, by name

export const host = {
  report(id, raise, places) {
    try {
      raise();
    } catch (error) {
      log.push(["threw", id, String(error), places]);
    }
  },
};

const names = (
  "accept acceptSocket respond refusePlain done watch extend send close state buffered facts headers data setData subscribe unsubscribe list count " +
  "publishTo autoRespond fetch cancelFetch readBody cancelBody writeBody endBody abortBody connect socketSend socketClose socketAnswerClose socketBuffered " +
  "socketAbort unanswered listened ignored warnOfBlob publish listen"
).split(" ");
for (const name of names) {
  host[name] = (...args) => {
    log.push([name, ...args]);
    return answers[name]?.(...args);
  };
}

// call calls a function of the modules as Linger does.
export const call = (name, ...args) => functions.get(name)(...args);
