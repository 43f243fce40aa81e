package protocol

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/wire"
)

// fullMachines return machines that together have a value in every field: two, because an
// incomplete header and an incomplete payload exclude each other.
func fullMachines() []*Machine {
	full := func() *Machine {
		return &Machine{
			in: Finished, out: Gone, peerStatus: Status{1000, "theirs"}, ownStatus: Status{4001, "ours"},
			peerClosed: true, closeDecided: true, closeSent: true, first: Remote, failure: errText, failed: true, failingDelivered: true,
			cause: "of an application", aborted: true, closedDelivered: true, discarded: 5,
			receiver: receiver{
				input: []byte("unparsed"), inputSeen: true,
				message: message{receivingMessage: true, opcode: Binary, compressed: true, size: 700, fragments: 8, shortfall: 9,
					body: []byte("so far"), check: utf8Check{3, 0x90, 0xBF}},
			},
			sender: sender{output: []byte("queued"), taken: 10, pongsAfterClose: 11, progress: -12, pong: []byte("pong"), pongPending: true,
				sendingMessage: true, sendingText: true, sendingCompressed: true, sendCheck: utf8Check{1, 0x80, 0xBF}},
		}
	}
	payload, header := full(), full()
	payload.frame = Header{Fin: true, RSV: rsv1, Opcode: Ping, Masked: true, Key: testKey, Length: 7}
	payload.frame.RSV = 0
	payload.inFrame, payload.payloadLeft, payload.control = true, 4, []byte("con")
	header.partialLen = copy(header.partial[:], "\x82\xfe")
	for _, m := range []*Machine{payload, header} {
		m.cfg = Config{HalfCloseNegotiated: true, DeferFailure: true, Pieces: true, Compression: fakeCompression{}, MaskKey: fixedKey, Role: Client,
			MaxFragments: 1}.withDefaults()
	}
	payload.cfg.Role = Server
	return []*Machine{payload, header}
}

// TestAppendStateEveryField fails when a field is added to Machine that the state does not have.
func TestAppendStateEveryField(t *testing.T) {
	covered := map[string]bool{}
	for _, m := range fullMachines() {
		cover(covered, "Machine", reflect.ValueOf(*m))
		restored := New(m.cfg)
		if err := restored.Restore(m.AppendState(nil)); err != nil {
			t.Fatal(err)
		}
		want, got := *m, *restored
		want.cfg, got.cfg = Config{}, Config{} // functions cannot be compared
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the restored machine is\n%+v\nexpected\n%+v", got, want)
		}
	}
	for field, set := range covered {
		if !set && field != "Machine.receiver.frame.RSV" {
			t.Errorf("%s has no value in fullMachines; give it one, and a field in state.go", field)
		}
	}
}

// cover records for each field of a struct whether it has a value.
func cover(covered map[string]bool, name string, v reflect.Value) {
	if v.Kind() != reflect.Struct {
		covered[name] = covered[name] || !v.IsZero()
		return
	}
	for i := range v.NumField() {
		cover(covered, name+"."+v.Type().Field(i).Name, v.Field(i))
	}
}

// A new machine has a state of at most its modes.
func TestAppendStateIdle(t *testing.T) {
	if got := New(Config{}).AppendState([]byte("before")); string(got) != "before" {
		t.Errorf("the state of a new machine is %q, expected nothing", got[6:])
	}
	p := newPlayer(Config{HalfOpen: true}, Client)
	if _, err := p.play(`peer text "m" | ping "p"`); err != nil {
		t.Fatal(err)
	}
	if got := p.m.AppendState(nil); len(got) > 8 {
		t.Errorf("the state of an idle machine is % x, expected at most 8 bytes", got)
	}
}

func TestRestoreErrors(t *testing.T) {
	const header = `15 "\x81\x85\x01\x02\x03\x04"` // the header of a text of five bytes
	for _, c := range []struct {
		name   string
		fields []string
		reason string
		cfg    Config
	}{
		{"other modes", []string{"1 2"}, "field 1: the modes are 10, expected those of the machine, 0", Config{}},
		{"no modes", nil, "field 1", Config{HalfOpen: true}},
		{"a half", []string{"3 3"}, "field 3: got 3, expected at most 2", Config{}},
		{"a code of the peer that must not be sent", []string{"5 1006"}, "field 5", Config{}},
		{"a reason without a code", []string{"5 1005", `6 "bye"`}, "field 5", Config{}},
		{"a code that an endpoint must not send", []string{"7 1004"}, "field 7", Config{}},
		{"a reason that is not UTF-8", []string{"7 1000", `8 "\xff"`}, "field 7", Config{}},
		{"our Close without content", []string{"2 1"}, "field 2", Config{}},
		{"a violation of a later version", []string{`10 "x"`}, `field 10: the violation "x" is unknown`, Config{}},
		{"a complete header", []string{`14 "\x81\x80\x01\x02\x03\x04"`}, "field 14", Config{}},
		{"the beginning of a header that is too long", []string{`14 "\x82\xff345678901234567"`}, "field 14", Config{}},
		{"a header that is cut", []string{`15 "\x81"`}, "field 15", Config{}},
		{"a header of a server", []string{`15 "\x81\x05"`, "16 3"}, "field 15", Config{}},
		{"a compressed frame without compression", []string{`15 "\xc1\x85\x01\x02\x03\x04"`, "16 3"}, "field 15", Config{}},
		{"a continuation of nothing", []string{`15 "\x80\x85\x01\x02\x03\x04"`, "16 3"}, "field 15", Config{}},
		{"more payload than the frame has", []string{header, "16 6"}, "field 16", Config{}},
		{"a payload without a header", []string{"16 6"}, "field 15", Config{}},
		{"two headers", []string{`14 "\x81"`, header, "16 3"}, "field 14", Config{}},
		{"a payload of a ping that is too short", []string{`15 "\x89\x85\x01\x02\x03\x04"`, "16 3", `17 "p"`}, "field 17", Config{}},
		{"a payload of a ping in a text", []string{header, "16 3", `17 "p"`}, "field 17", Config{}},
		{"a message that is neither text nor binary", []string{"18 3"}, "field 18", Config{}},
		{"a message that is compressed", []string{"2 64", "18 1"}, "field 2", Config{}},
		{"a character of five bytes", []string{"18 1", "23 262144"}, "field 23", Config{}},
		{"a number that overflows", []string{"25 9223372036854775807"}, "field 25", Config{}},
		{"a pong that is too long", []string{"28 " + strconv.Quote(strings.Repeat("p", 126))}, "field 28", Config{}},
		{"a state of another compression", []string{"1 32", `30 "x"`}, "not that of a fake", Config{Compression: fakeCompression{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, err := wire.ParseLines(c.fields)
			if err != nil {
				t.Fatal(err)
			}
			err = New(c.cfg).Restore(state)
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Fatalf("the error is %v, expected one with %q", err, c.reason)
			}
			if c.cfg.Compression == nil && !errors.Is(err, ErrState) {
				t.Errorf("the error %v does not match ErrState", err)
			}
		})
	}
	for name, state := range map[string]string{"that is not a record": "\xff", "with a message that continues one": "\x90\x01\x00"} {
		if err := New(Config{}).Restore([]byte(state)); !errors.Is(err, ErrState) {
			t.Errorf("the error of a state %s is %v, expected ErrState", name, err)
		}
	}
}

// A later version may add fields.
func TestRestoreUnknownField(t *testing.T) {
	p, _, err := replay(Config{}, Server, []string{`peer text "half" more`})
	if err != nil {
		t.Fatal(err)
	}
	state := p.m.AppendState(nil)
	m := New(p.m.cfg)
	if err := m.Restore(append(slices.Clone(state), 0xc2, 0x3e, 1, 'x')); err != nil {
		t.Fatal(err)
	}
	if got := m.AppendState(nil); !slices.Equal(got, state) {
		t.Errorf("with an unknown field the state is % x, expected % x", got, state)
	}
}

// The machine that was saved, and the state, are not changed by the restored one.
func TestRestoreCopies(t *testing.T) {
	p, _, err := replay(Config{}, Server, []string{`stall`, `app text "one" more`, `peer text "first " more`})
	if err != nil {
		t.Fatal(err)
	}
	state := p.m.AppendState(nil)
	before := slices.Clone(state)
	restored := New(p.m.cfg)
	if err := restored.Restore(state); err != nil {
		t.Fatal(err)
	}
	restored.Receive(mustEncode(t, Server, `cont "second"`))
	if ev, ok := restored.Next(); !ok || string(ev.Payload) != "first second" {
		t.Fatalf("the restored machine delivers %q", ev.Payload)
	}
	if err := restored.SendFragment(Continuation, []byte("two"), true); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(state, before) || !slices.Equal(p.m.AppendState(nil), before) {
		t.Error("the state or the machine that was saved has changed")
	}
}
