package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/lingerws/linger"
)

// storage has the streams of JetStream that the cluster uses, and the requests to them that are in progress.
type storage struct {
	node    *Node
	context context.Context // ends when the node leaves
	cancel  context.CancelFunc

	state atomic.Pointer[StorageStatus] // as observe has seen it

	opening   chan struct{} // has a value while the streams are made
	jetStream jetstream.JetStream
	open      atomic.Bool // the streams exist
	waiting   sync.Once   // guards the log line about the first wait

	mu        sync.Mutex
	last      uint64
	byNumber  map[uint64]*request
	following sync.WaitGroup
}

// request is a request to the storage.
type request struct {
	done  func(m *nats.Msg, err error)
	timer *time.Timer
	stop  func() bool // of the context
}

// The bounds of requests: their number, and the time after which one without an answer fails.
const (
	maxRequests    = 16 << 10
	requestTimeout = 5 * time.Second
)

func (s *storage) init(n *Node) {
	s.node, s.byNumber, s.opening = n, map[uint64]*request{}, make(chan struct{}, 1)
	s.context, s.cancel = context.WithCancel(context.Background())
}

// ready makes the streams of the cluster, unless that was done. It is called before each operation, because the servers may need time until
// they have a majority.
func (s *storage) ready(ctx context.Context) error {
	if s.open.Load() {
		return nil
	}
	select {
	case s.opening <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrStorage, ctx.Err())
	case <-s.node.ended:
		return ErrClosed
	}
	defer func() { <-s.opening }()
	if s.open.Load() {
		return nil
	}
	n := s.node
	if n.server != nil && n.opts.Dir == "" {
		return fmt.Errorf("%w: Options.Dir is empty, so the embedded server stores nothing", ErrStorage)
	}
	js, err := jetstream.New(n.control.connection)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStorage, err)
	}
	for _, config := range s.configurations() {
		if err := s.make(ctx, js, config); err != nil {
			return err
		}
	}
	s.jetStream = js
	s.open.Store(true)
	return nil
}

// follow calls a function on a goroutine that end waits for. After end it returns false.
func (s *storage) follow(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.context.Err() != nil {
		return false
	}
	s.following.Go(f)
	return true
}

// end ends the watches and the requests that are in progress.
func (s *storage) end() {
	s.mu.Lock()
	s.cancel()
	numbers := slices.Collect(maps.Keys(s.byNumber))
	s.mu.Unlock()
	for _, number := range numbers {
		s.finish(number, nil, ErrClosed)
	}
	s.following.Wait()
}

// markerAge is the time after which the mark of a removed entry is dropped. A watch that was interrupted for longer compares the entries.
const markerAge = time.Hour

// configurations are those of the bucket of the store, which tools of NATS can read, and of the stream of the logs. Neither lets a replica
// that may be out of date answer reads (AllowDirect).
func (s *storage) configurations() []jetstream.StreamConfig {
	n := s.node
	replicas := n.opts.Replicas
	if replicas == 0 {
		replicas = 1
		if n.control.connection.ConnectedClusterName() != "" {
			replicas = 3
		}
	}
	common := jetstream.StreamConfig{
		Storage: jetstream.FileStorage, Replicas: replicas, Discard: jetstream.DiscardNew, Retention: jetstream.LimitsPolicy, DenyDelete: true,
		MaxMsgs: -1, MaxBytes: -1, MaxConsumers: -1, MaxMsgsPerSubject: -1, Duplicates: 2 * time.Minute,
	}
	bucket, logs := common, common
	bucket.Name, bucket.Subjects = n.subjects.bucketStream(), []string{"$KV." + n.opts.Name + ".>"}
	bucket.MaxMsgsPerSubject, bucket.AllowRollup, bucket.AllowMsgTTL = 1, true, true
	logs.Name, logs.Subjects = n.subjects.logStream(), []string{n.opts.Name + ".log.>"}
	return []jetstream.StreamConfig{bucket, logs}
}

// make makes a stream. One that exists keeps its settings.
func (s *storage) make(ctx context.Context, js jetstream.JetStream, config jetstream.StreamConfig) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		_, err := js.CreateStream(attempt, config)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			_, err = js.Stream(attempt, config.Name) // it has a leader if that answers
		}
		cancel()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled) && s.node.server == nil:
			return fmt.Errorf("%w: the NATS servers have no JetStream; enable it", ErrStorage)
		}
		s.waiting.Do(func() {
			s.node.logger.Info("waiting for the storage of the cluster: a majority of its servers has to run", "servers", s.node.opts.Size)
		})
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w: %w", ErrStorage, ctx.Err(), err)
		case <-s.node.ended:
			return ErrClosed
		}
	}
}

// request sends a message to the storage and calls done with the answer, or with an error: the one of ctx, ErrStorage, or ErrClusterFull. It
// does not wait.
func (s *storage) request(ctx context.Context, m nats.Msg, done func(m *nats.Msg, err error)) {
	r := &request{done: done}
	s.mu.Lock()
	if len(s.byNumber) >= maxRequests {
		s.mu.Unlock()
		done(nil, linger.ErrClusterFull)
		return
	}
	s.last++
	number := s.last
	s.byNumber[number] = r
	r.timer = time.AfterFunc(requestTimeout, func() { s.finish(number, nil, fmt.Errorf("%w: no answer in %s", ErrStorage, requestTimeout)) })
	r.stop = context.AfterFunc(ctx, func() { s.finish(number, nil, ctx.Err()) })
	s.mu.Unlock()
	m.Reply = s.node.subjects.answer(s.node.self, strconv.FormatUint(number, 36))
	failed := func(err error) { s.finish(number, nil, fmt.Errorf("%w: %w", ErrStorage, err)) }
	if err := s.node.control.send(outgoing{message: m, failed: failed}); err != nil {
		s.finish(number, nil, err)
	}
}

// finish ends a request, unless it has ended.
func (s *storage) finish(number uint64, m *nats.Msg, err error) {
	s.mu.Lock()
	r := s.byNumber[number]
	delete(s.byNumber, number)
	s.mu.Unlock()
	if r == nil {
		return
	}
	r.timer.Stop()
	r.stop()
	r.done(m, err)
}

// arrivedAnswer ends the request that a message is the answer to.
func (s *storage) arrivedAnswer(m *nats.Msg) {
	number, err := strconv.ParseUint(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:], 36, 64)
	if err != nil {
		s.node.drop(faultMalformed, m.Subject)
		return
	}
	if len(m.Data) == 0 && m.Header.Get("Status") == "503" {
		s.finish(number, nil, errUnserved)
		return
	}
	s.finish(number, m, nil)
}

// query sends a message that changes nothing, or may arrive twice, and returns the answer. It tries again if there is none in a second, because a
// stream that has no leader does not answer.
func (s *storage) query(ctx context.Context, m nats.Msg) (*nats.Msg, error) {
	for begin := time.Now(); ; {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		answer, err := s.wait(attempt, m)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return answer, err
		}
		if time.Since(begin) > requestTimeout {
			return nil, fmt.Errorf("%w: no answer in %s", ErrStorage, requestTimeout)
		}
	}
}

// wait sends a message to the storage and returns the answer. While no server answers for the storage it tries again, for requestTimeout at most: the
// message has reached none then.
func (s *storage) wait(ctx context.Context, m nats.Msg) (*nats.Msg, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	type result struct {
		m   *nats.Msg
		err error
	}
	results := make(chan result, 1)
	for begin := time.Now(); ; {
		s.request(ctx, m, func(m *nats.Msg, err error) { results <- result{m, err} })
		r := <-results
		if !errors.Is(r.err, errUnserved) || time.Since(begin) > requestTimeout {
			return r.m, r.err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.node.ended:
			return nil, ErrClosed
		}
	}
}

// Error codes of JetStream: the last message of a subject is not the expected one, and a message does not exist.
const (
	codeWrongLast         = 10071
	codeWrongLastConstant = 10164
	codeNoMessage         = 10037
)

// errWrongLast means that the last message of a subject is not the expected one.
var errWrongLast = errors.New("cluster: the subject has another last message")

// errUnserved means that no server answers for the storage, because it has no leader at the moment.
var errUnserved = fmt.Errorf("%w: no server answers for it", ErrStorage)

// errNoMessage means that a message does not exist, or not any more.
var errNoMessage = errors.New("cluster: there is no such message")

// apiError is the error in an answer of JetStream.
type apiError struct {
	Code        int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *apiError) err() error {
	switch {
	case e == nil:
		return nil
	case e.Code == codeWrongLast || e.Code == codeWrongLastConstant:
		return errWrongLast
	case e.Code == codeNoMessage:
		return errNoMessage
	}
	return fmt.Errorf("%w: %s (%d)", ErrStorage, e.Description, e.Code)
}

// published returns the sequence of a message that was added to a stream, from the answer to it.
func published(m *nats.Msg, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	var a struct {
		Sequence uint64    `json:"seq"`
		Error    *apiError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return 0, fmt.Errorf("%w: the answer is not JSON: %w", ErrStorage, err)
	}
	if err := a.Error.err(); err != nil {
		return 0, err
	}
	if a.Sequence == 0 {
		return 0, fmt.Errorf("%w: the answer has no sequence", ErrStorage)
	}
	return a.Sequence, nil
}

// expecting returns a message for a stream that is added if its subject has the last sequence that is given.
func expecting(subject string, data []byte, last uint64) nats.Msg {
	return nats.Msg{Subject: subject, Data: data, Header: nats.Header{
		jetstream.ExpectedLastSubjSeqHeader: []string{strconv.FormatUint(last, 10)},
	}}
}

// stored is a message of a stream.
type stored struct {
	Subject  string `json:"subject"`
	Sequence uint64 `json:"seq"`
	Header   []byte `json:"hdrs"`
	Data     []byte `json:"data"`
}

// get returns a message of a stream, from the server that leads it.
func (s *storage) get(ctx context.Context, stream string, query any) (stored, error) {
	body, err := json.Marshal(query)
	if err != nil {
		return stored{}, err
	}
	m, err := s.query(ctx, nats.Msg{Subject: "$JS.API.STREAM.MSG.GET." + stream, Data: body})
	if err != nil {
		return stored{}, err
	}
	var a struct {
		Message stored    `json:"message"`
		Error   *apiError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return stored{}, fmt.Errorf("%w: the answer is not JSON: %w", ErrStorage, err)
	}
	return a.Message, a.Error.err()
}

type (
	queryLast struct {
		Subject string `json:"last_by_subj"`
	}
	queryNext struct {
		Sequence uint64 `json:"seq"`
		Subject  string `json:"next_by_subj"`
	}
)
