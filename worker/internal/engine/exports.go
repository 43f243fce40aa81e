package engine

import lib "modernc.org/libquickjs"

// Exports is a turn: it calls fn with the namespace object of the module, whose
// properties are what it exports. An export that has not been given its value yet
// throws when it is read, so wait until p is Fulfilled.
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
