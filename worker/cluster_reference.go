package worker

// importedReference is a reference to something at another node. That node counts its holders here as one for each time that it has sent the reference.
type importedReference struct {
	session  *session
	number   int    // at the other node
	local    int    // the number here
	received uint64 // how often it was received
}

// export returns a value for a record to the other node, and the bodies that are sent with it. The other node becomes a holder of the references in the value. The
// error is [errSessionFull] or [errNodeLost].
func (p *session) export(v *parcel) (recordValue, []*sentStream, error) {
	out := recordValue{text: v.text, plain: v.plain}
	var streams []*sentStream
	for _, b := range v.bodies {
		if b.stream == nil {
			content := b.content
			if content == nil {
				content = []byte{}
			}
			out.bodies = append(out.bodies, recordBody{content: content})
			continue
		}
		s, err := p.addSent(passedOn{b.stream}, nil)
		if err != nil {
			withdrawAll(streams)
			return recordValue{}, nil, err
		}
		streams = append(streams, s)
		out.bodies = append(out.bodies, recordBody{stream: s.number, length: b.stream.length})
	}
	var err error
	if out.references, err = p.all.app.references.give(p, v.references); err != nil {
		withdrawAll(streams)
		return recordValue{}, nil, err
	}
	return out, streams, nil
}

func withdrawAll(streams []*sentStream) {
	for _, s := range streams {
		s.withdraw()
	}
}

// accept returns a value of a record of the other node as a parcel, which holds what the value refers to. The error is [errSessionFull] or [errNodeLost].
func (p *session) accept(v *recordValue) (*parcel, error) {
	out := &parcel{text: v.text, plain: v.plain, app: p.all.app}
	var err error
	if out.references, err = p.all.app.references.take(p, v.references); err != nil {
		p.refuseBodies(v.bodies)
		return nil, err
	}
	for i, b := range v.bodies {
		if b.stream == 0 {
			out.bodies = append(out.bodies, parcelBody{content: b.content})
			continue
		}
		s, err := p.addReceived(b.stream)
		if err != nil {
			p.refuseBodies(v.bodies[i:])
			out.drop()
			return nil, err
		}
		body := passedBody(s, b.length, p.all.app.config().opts.MaxBody, func() {})
		out.bodies = append(out.bodies, parcelBody{stream: body})
	}
	if out.size() > maxCallSize {
		out.drop()
		return nil, errSessionFull
	}
	return out, nil
}

// refuseBodies ends bodies that the other node has announced.
func (p *session) refuseBodies(bodies []recordBody) {
	for _, b := range bodies {
		if b.stream != 0 {
			_ = p.send(&objectRecord{kind: recordStreamEnded, number: b.stream}) // the session ends it otherwise
		}
	}
}

// give makes the other node a holder of references of this node, and returns them for a record.
func (all *references) give(p *session, numbers []int) ([]recordReference, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(p.held)+len(numbers) > maxSessionHeld {
		return nil, errSessionFull
	}
	given := make([]recordReference, 0, len(numbers))
	for _, number := range numbers {
		r := all.byNumber[number]
		if r != nil && r.imported != nil && r.imported.session == p {
			given = append(given, recordReference{r.imported.number, true})
			continue
		}
		if r != nil { // otherwise it has ended, and so has that of the other node
			r.holders++
			p.held[number]++
		}
		given = append(given, recordReference{number, false})
	}
	return given, nil
}

// takeBack ends what give has given, because it was not sent.
func (all *references) takeBack(p *session, given []recordReference) {
	for _, one := range given {
		if !one.home {
			all.releaseFor(p, one.number, 1)
		}
	}
}

// releaseFor removes holders of a reference that the other node has held.
func (all *references) releaseFor(p *session, number int, holders uint64) {
	all.mu.Lock()
	n := min(uint64(p.held[number]), holders)          //nolint:gosec // is not negative
	if p.held[number] -= int(n); p.held[number] <= 0 { //nolint:gosec // is at most what is held
		delete(p.held, number)
	}
	var last *reference
	for range n {
		if r := all.releaseLocked(number); r != nil {
			last = r
		}
	}
	all.mu.Unlock()
	last.released(number)
}

// isHeldBy reports whether the other node holds a reference.
func (all *references) isHeldBy(p *session, number int) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return p.held[number] > 0
}

// take returns the numbers here of references in a record of the other node, and adds a holder to each.
func (all *references) take(p *session, received []recordReference) ([]int, error) {
	if len(received) == 0 {
		return nil, nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(p.imported)+len(received) > maxSessionHeld {
		return nil, errSessionFull
	}
	numbers := make([]int, 0, len(received))
	for _, one := range received {
		numbers = append(numbers, all.takeLocked(p, one))
	}
	return numbers, nil
}

// takeLocked is take for one reference.
func (all *references) takeLocked(p *session, one recordReference) int {
	if one.home {
		if r := all.byNumber[one.number]; r != nil && p.held[one.number] > 0 {
			r.holders++
			return one.number
		}
		return 0 // it has ended, or the other node does not hold it
	}
	imported := p.imported[one.number]
	if imported == nil {
		if all.byNumber == nil {
			all.byNumber = map[int]*reference{}
		}
		all.last++
		imported = &importedReference{session: p, number: one.number, local: all.last}
		p.imported[one.number] = imported
		all.byNumber[all.last] = &reference{imported: imported}
	}
	imported.received++
	all.byNumber[imported.local].holders++
	return imported.local
}

// endSession releases what the other node holds, and ends the references to what it has.
func (all *references) endSession(p *session) {
	all.mu.Lock()
	released := map[int]*reference{}
	for number, holders := range p.held {
		for range holders {
			if r := all.releaseLocked(number); r != nil {
				released[number] = r
			}
		}
	}
	for _, imported := range p.imported {
		all.dropLocked(imported.local)
	}
	clear(p.held)
	all.mu.Unlock()
	for number, r := range released {
		r.released(number)
	}
}

// released reports to the place of a reference that it has no holders any more. A nil reference has no place.
func (r *reference) released(number int) {
	switch {
	case r == nil:
	case r.imported != nil:
		i := r.imported
		_ = i.session.send(&objectRecord{kind: recordRelease, reference: i.number, count: i.received}) // the session releases it otherwise
	default:
		r.home.released(number)
	}
}

// send sends a call of the reference to the node that has what it is to.
func (i *importedReference) send(e *event, c *cargo) (failure string) {
	if c == nil || c.call == nil {
		return referenceBroken
	}
	r := &objectRecord{kind: recordReferenceCall, reference: i.number}
	if err := i.session.sendEvent(r, e, c, nil, func() {}); err != nil {
		return failureOf(err)
	}
	return ""
}
