package engine

import lib "modernc.org/libquickjs"

// Exports calls fn with the namespace object of the module, as a turn. The properties of that object are the exports.
// Reading an export that has no value yet throws, so wait until p is Fulfilled.
func (p *Promise) Exports(fn *Function) error {
	r := p.handle.r
	if r == nil || p.handle.count == 0 {
		return ErrReleased
	}
	return r.turn(func() error {
		f, err := r.duplicate(fn)
		if err != nil {
			return err
		}
		r.hold(f)
		namespace := r.hold(lib.XJS_GetModuleNamespace(r.tls, r.ctx, p.module))
		if isException(namespace) {
			return r.thrown()
		}
		argv := r.tls.Alloc(int(rawSize))
		defer r.tls.Free(int(rawSize))
		*at[raw](argv) = namespace
		if isException(r.hold(lib.XJS_Call(r.tls, r.ctx, f, rawUndefined(), 1, argv))) {
			return r.thrown()
		}
		return nil
	})
}
