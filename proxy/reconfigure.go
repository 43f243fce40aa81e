package proxy

import "slices"

// options returns the options in force.
func (h *Handler) options() *Options { return h.current.Load() }

// Reconfigure replaces the options for requests that come after it. Pairs keep those with which they were opened. It returns the
// names of the options that cannot change and of which opts has another value, To and Trace; an empty To and a nil Trace keep the
// present value. After an error, which is one of [New], all options stay as they are.
func (h *Handler) Reconfigure(opts Options) (fixed []string, err error) {
	opts = opts.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	h.reconfiguring.Lock()
	defer h.reconfiguring.Unlock()
	last := h.options()
	if len(opts.To) > 0 && !slices.Equal(opts.To, last.To) {
		fixed = append(fixed, "To")
	}
	if opts.Trace != nil && opts.Trace != last.Trace {
		fixed = append(fixed, "Trace")
	}
	opts.To, opts.Trace = last.To, last.Trace
	h.current.Store(&opts)
	return fixed, nil
}
