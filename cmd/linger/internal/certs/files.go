package certs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Pair names the PEM files of a certificate: that of the certificate and those that have issued it, and that of its private key.
type Pair struct {
	Certificate string
	Key         string // empty if the key is in the file of the certificate
}

// files are certificates in files.
type files struct {
	log     *slog.Logger
	current atomic.Pointer[[]tls.Certificate]

	mu    sync.Mutex
	pairs []Pair
	sum   [sha256.Size]byte // of the files in use
}

// readFiles reads certificates. There may be none.
func readFiles(pairs []Pair, log *slog.Logger) (*files, error) {
	f := &files{log: log}
	use, err := f.prepare(pairs)
	if err == nil {
		use()
	}
	return f, err
}

// certificates returns the certificates, which must not be changed.
func (f *files) certificates() []tls.Certificate { return *f.current.Load() }

// loaded are certificates that have been read.
type loaded struct {
	pairs []Pair
	list  []tls.Certificate
	sum   [sha256.Size]byte // of the files
}

// prepare reads certificates. The function that it returns puts them in place.
func (f *files) prepare(pairs []Pair) (use func(), err error) {
	contents, err := read(pairs)
	if err != nil {
		return nil, err
	}
	next, err := parseAll(pairs, contents)
	if err != nil {
		return nil, err
	}
	return func() {
		f.mu.Lock()
		changed := f.put(next)
		f.mu.Unlock()
		if changed {
			f.report(next)
		}
	}, nil
}

// put puts certificates in place, and reports whether they are others. mu is held.
func (f *files) put(next loaded) (changed bool) {
	changed = f.sum != next.sum
	f.pairs, f.sum = next.pairs, next.sum
	f.current.Store(&next.list)
	return changed
}

// report logs which certificates have been read.
func (f *files) report(next loaded) {
	for i, c := range next.list {
		attributes := []any{"file", next.pairs[i].Certificate, "names", strings.Join(c.Leaf.DNSNames, " "), "expires", c.Leaf.NotAfter}
		if time.Now().After(c.Leaf.NotAfter) {
			f.log.Warn("certificate has expired: clients refuse it", attributes...)
		} else {
			f.log.Info("certificate read", attributes...)
		}
	}
}

// contents are the files of a pair.
type contents struct {
	pair             Pair
	certificate, key []byte
}

func read(pairs []Pair) ([]contents, error) {
	list := make([]contents, 0, len(pairs))
	for _, p := range pairs {
		c := contents{pair: p}
		var err error
		if c.certificate, err = os.ReadFile(p.Certificate); err != nil {
			return nil, fmt.Errorf("the certificate cannot be read: %w", err)
		}
		c.key = c.certificate
		if p.Key != "" {
			if c.key, err = os.ReadFile(p.Key); err != nil {
				return nil, fmt.Errorf("the private key of %s cannot be read: %w", p.Certificate, err)
			}
		}
		list = append(list, c)
	}
	return list, nil
}

func parseAll(pairs []Pair, list []contents) (loaded, error) {
	all := loaded{pairs: pairs, sum: checksum(list)}
	for _, c := range list {
		certificate, err := c.parse()
		if err != nil {
			return loaded{}, err
		}
		all.list = append(all.list, certificate)
	}
	return all, nil
}

func (c contents) parse() (tls.Certificate, error) {
	certificate, err := tls.X509KeyPair(c.certificate, c.key)
	switch {
	case err == nil:
		return certificate, nil
	case c.pair.Key == "" && !bytes.Contains(c.certificate, []byte("PRIVATE KEY-----")):
		return certificate, fmt.Errorf("the certificate %s has no private key in its file: name the file of the key", c.pair.Certificate)
	case c.pair.Key == "":
		return certificate, fmt.Errorf("the certificate and key in %s cannot be used: %w", c.pair.Certificate, err)
	}
	return certificate, fmt.Errorf("the certificate %s and the key %s cannot be used: %w", c.pair.Certificate, c.pair.Key, err)
}

func checksum(list []contents) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, c := range list {
		for _, file := range [][]byte{c.certificate, c.key} {
			part := sha256.Sum256(file)
			_, _ = h.Write(part[:]) // never fails
		}
	}
	h.Sum(sum[:0])
	return sum
}

// watchInterval is how often the files are read. Polling also works on volumes of containers and of other machines, which do not
// report changes.
const watchInterval = 5 * time.Second

// watch puts the certificates of changed files in place until ctx ends. Files that have changed are used when they have stayed the same for
// an interval, because a certificate and its key are written one after the other.
func (f *files) watch(ctx context.Context) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var last [sha256.Size]byte
	failed := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := f.check(&last)
		if err != nil && err.Error() != failed {
			f.log.Error("certificates not read again: the last ones stay in place", "error", err)
		}
		failed = ""
		if err != nil {
			failed = err.Error()
		}
	}
}

// check uses files that have changed, if they are the same as at the last check, whose checksum is in last.
func (f *files) check(last *[sha256.Size]byte) error {
	f.mu.Lock() // so that other files, of a reload, come after these
	next, err := f.settled(last)
	changed := err == nil && next != nil && f.put(*next)
	f.mu.Unlock()
	if changed {
		f.report(*next)
	}
	return err
}

// settled returns the certificates of files that have changed and are the same as at the last check, or nil. mu is held.
func (f *files) settled(last *[sha256.Size]byte) (*loaded, error) {
	contents, err := read(f.pairs)
	if err != nil {
		return nil, err
	}
	sum, before := checksum(contents), *last
	*last = sum
	if sum != before || sum == f.sum {
		return nil, nil //nolint:nilnil // documented
	}
	next, err := parseAll(f.pairs, contents)
	return &next, err
}
