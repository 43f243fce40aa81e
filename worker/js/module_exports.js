let exported;

// moduleExports returns the exports of the application's module, or undefined before it has run.
export const moduleExports = () => exported;

export function setModuleExports(namespace) {
  exported = namespace;
}
