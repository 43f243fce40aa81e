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
	pairs   []Pair
	log     *slog.Logger
	current atomic.Pointer[[]tls.Certificate]

	mu   sync.Mutex
	seen [sha256.Size]byte // the checksum of the files in use
}

// readFiles reads certificates. There may be none.
func readFiles(pairs []Pair, log *slog.Logger) (*files, error) {
	f := &files{pairs: pairs, log: log}
	_, err := f.reload()
	return f, err
}

// certificates returns the certificates, which must not be changed.
func (f *files) certificates() []tls.Certificate { return *f.current.Load() }

// reload reads the files, and reports whether other certificates are in use now. After an error those that were in use stay.
func (f *files) reload() (changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	contents, err := f.read()
	if err != nil {
		return false, err
	}
	return f.use(contents)
}

// use puts certificates in place, unless their files are those of the last call. mu is held.
func (f *files) use(contents []contents) (changed bool, err error) {
	sum := checksum(contents)
	if sum == f.seen {
		return false, nil
	}
	list := make([]tls.Certificate, 0, len(contents))
	for _, c := range contents {
		certificate, err := c.parse()
		if err != nil {
			return false, err
		}
		list = append(list, certificate)
	}
	f.current.Store(&list)
	f.seen = sum
	for i, c := range list {
		f.report(f.pairs[i], c)
	}
	return true, nil
}

// report logs which certificate has been read.
func (f *files) report(p Pair, c tls.Certificate) {
	names := strings.Join(c.Leaf.DNSNames, " ")
	if left := time.Until(c.Leaf.NotAfter); left < 0 {
		f.log.Warn("certificate has expired: clients refuse it", "file", p.Certificate, "names", names, "expired", c.Leaf.NotAfter)
		return
	}
	f.log.Info("certificate read", "file", p.Certificate, "names", names, "expires", c.Leaf.NotAfter)
}

// contents are the files of a pair.
type contents struct {
	pair             Pair
	certificate, key []byte
}

func (f *files) read() ([]contents, error) {
	list := make([]contents, 0, len(f.pairs))
	for _, p := range f.pairs {
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
	if len(f.pairs) == 0 {
		return
	}
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

// check uses the files if they are the same as at the last check, whose checksum is in last.
func (f *files) check(last *[sha256.Size]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	list, err := f.read()
	if err != nil {
		return err
	}
	sum := checksum(list)
	settled := sum == *last
	*last = sum
	if !settled {
		return nil
	}
	_, err = f.use(list)
	return err
}
