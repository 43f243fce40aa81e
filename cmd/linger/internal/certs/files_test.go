package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// write writes a certificate for a name to files in a folder, and returns them.
func write(t *testing.T, folder, name string, lifetime time.Duration) Pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(lifetime),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := Pair{filepath.Join(folder, name+".pem"), filepath.Join(folder, name+"-key.pem")}
	writeFile(t, p.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	writeFile(t, p.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	return p
}

func writeFile(t *testing.T, name string, contents []byte) {
	t.Helper()
	if err := os.WriteFile(name, contents, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	contents, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// journal is what a log has.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func open(t *testing.T, pairs ...Pair) (*Store, *journal) {
	t.Helper()
	text := new(journal)
	s, err := Open(Options{Pairs: pairs, MinVersion: tls.VersionTLS12, Log: slog.New(slog.NewTextHandler(text, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, text
}

// presented returns the certificate that a client gets for a name, and the protocol.
func presented(t *testing.T, s *Store, config *tls.Config) (serial, protocol string) {
	t.Helper()
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	go func() { _ = tls.Server(far, s.TLSConfig()).Handshake() }()
	config.InsecureSkipVerify = true
	client := tls.Client(near, config)
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	state := client.ConnectionState()
	return state.PeerCertificates[0].SerialNumber.String(), state.NegotiatedProtocol
}

func serialOf(t *testing.T, p Pair) string {
	t.Helper()
	c, err := tls.LoadX509KeyPair(p.Certificate, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf.SerialNumber.String()
}

func TestStoreChoosesByName(t *testing.T) {
	folder := t.TempDir()
	first, second := write(t, folder, "a.example", time.Hour), write(t, folder, "b.example", time.Hour)
	s, log := open(t, first, second)
	for name, want := range map[string]Pair{"a.example": first, "b.example": second, "c.example": first, "": first} {
		if got, _ := presented(t, s, &tls.Config{ServerName: name}); got != serialOf(t, want) {
			t.Errorf("the client that names %q gets %s", name, want.Certificate)
		}
	}
	if !strings.Contains(log.String(), "certificate read") || !strings.Contains(log.String(), "names=b.example") {
		t.Errorf("the log has the certificates; got %s", log)
	}
}

// WebSockets are on connections of HTTP/1.1, so clients that do not offer HTTP/2 get that.
func TestStoreProtocols(t *testing.T) {
	s, _ := open(t, write(t, t.TempDir(), "a.example", time.Hour))
	for _, c := range []struct {
		offers []string
		want   string
	}{{[]string{"h2", "http/1.1"}, "h2"}, {[]string{"http/1.1"}, "http/1.1"}, {nil, ""}} {
		if _, got := presented(t, s, &tls.Config{NextProtos: c.offers}); got != c.want {
			t.Errorf("of %v the server chooses %q; got %q", c.offers, c.want, got)
		}
	}
}

func TestOpenKeyInCertificate(t *testing.T) {
	p := write(t, t.TempDir(), "a.example", time.Hour)
	writeFile(t, p.Certificate, append(readFile(t, p.Key), readFile(t, p.Certificate)...))
	s, _ := open(t, Pair{Certificate: p.Certificate})
	if got, _ := presented(t, s, &tls.Config{}); got != serialOf(t, p) {
		t.Error("a file may contain the certificate and its key")
	}
}

func TestOpenErrors(t *testing.T) {
	folder := t.TempDir()
	a, b := write(t, folder, "a.example", time.Hour), write(t, folder, "b.example", time.Hour)
	writeFile(t, filepath.Join(folder, "empty.pem"), nil)
	for want, p := range map[string]Pair{
		"the certificate cannot be read: open " + folder + "/no.pem":                     {folder + "/no.pem", a.Key},
		"the private key of " + a.Certificate + " cannot be read":                        {a.Certificate, folder + "/no.pem"},
		"the certificate " + a.Certificate + " and the key " + b.Key + " cannot be used": {a.Certificate, b.Key},
		"the certificate " + folder + "/empty.pem and the key":                           {folder + "/empty.pem", a.Key},
		"the certificate " + a.Certificate + " has no private key in its file":           {a.Certificate, ""},
	} {
		if _, err := Open(Options{Pairs: []Pair{p}, Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v is refused with %q; got %v", p, want, err)
		}
	}
}

func TestOpenWarnsOfExpiredCertificate(t *testing.T) {
	_, log := open(t, write(t, t.TempDir(), "a.example", -time.Hour))
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "has expired") {
		t.Errorf("the log has a warning; got %s", log)
	}
}

func TestStoreReload(t *testing.T) {
	folder := t.TempDir()
	p := write(t, folder, "a.example", time.Hour)
	s, _ := open(t, p)
	old := serialOf(t, p)
	valid := readFile(t, p.Key)
	writeFile(t, p.Key, []byte("no key"))
	for range 2 { // each call reports it
		if _, err := s.Reload([]Pair{p}); err == nil || !strings.Contains(err.Error(), "cannot be used") {
			t.Errorf("a wrong file is an error; got %v", err)
		}
	}
	if got, _ := presented(t, s, &tls.Config{}); got != old {
		t.Error("after an error the last certificate stays")
	}
	writeFile(t, p.Key, valid)
	write(t, folder, "a.example", time.Hour)
	use, err := s.Reload([]Pair{p})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := presented(t, s, &tls.Config{}); got != old {
		t.Error("certificates that are not in place yet are not used")
	}
	use()
	if got, _ := presented(t, s, &tls.Config{}); got == old || got != serialOf(t, p) {
		t.Error("after a reload clients get the new certificate")
	}
	other := write(t, folder, "b.example", time.Hour)
	if use, err = s.Reload([]Pair{other}); err != nil {
		t.Fatal(err)
	}
	use()
	if got, _ := presented(t, s, &tls.Config{}); got != serialOf(t, other) {
		t.Error("a reload may name other files")
	}
}

// A certificate and its key are written one after the other: nothing is logged about the time between.
func TestFilesWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		p := write(t, folder, "a.example", 24*time.Hour)
		text := new(journal)
		f, err := readFiles([]Pair{p}, slog.New(slog.NewTextHandler(text, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		go f.watch(ctx)
		inUse := func() string {
			synctest.Wait()
			return f.certificates()[0].Leaf.SerialNumber.String()
		}
		time.Sleep(3*watchInterval + time.Second)
		first := inUse()

		oldKey := readFile(t, p.Key)
		write(t, folder, "a.example", 24*time.Hour)
		newKey := readFile(t, p.Key)
		writeFile(t, p.Key, oldKey) // the new one is not written yet
		time.Sleep(watchInterval)
		writeFile(t, p.Key, newKey)
		time.Sleep(watchInterval)
		if inUse() != first {
			t.Error("files that have just changed are not used")
		}
		time.Sleep(watchInterval)
		if got := inUse(); got == first || got != serialOf(t, p) {
			t.Error("files that stay the same are used")
		}
		if strings.Contains(text.String(), "ERROR") {
			t.Errorf("nothing is wrong; the log has %s", text)
		}

		second := inUse()
		writeFile(t, p.Certificate, []byte("no certificate"))
		time.Sleep(10 * watchInterval)
		if inUse() != second || strings.Count(text.String(), "level=ERROR") != 1 {
			t.Errorf("files that are wrong are reported once, and the last certificate stays; the log has %s", text)
		}
		_ = os.Remove(p.Certificate)
		time.Sleep(10 * watchInterval)
		if inUse() != second || strings.Count(text.String(), "level=ERROR") != 2 {
			t.Errorf("another error is reported, once; the log has %s", text)
		}
		write(t, folder, "a.example", 24*time.Hour)
		time.Sleep(3 * watchInterval)
		if got := inUse(); got != serialOf(t, p) {
			t.Error("files that are right again are used")
		}
	})
}

func TestChecksum(t *testing.T) {
	seen := map[[sha256.Size]byte]bool{}
	for _, list := range [][]contents{nil, {{}}, {{}, {}}, {{certificate: []byte("ab")}}, {{certificate: []byte("a"), key: []byte("b")}}} {
		seen[checksum(list)] = true
	}
	if len(seen) != 5 {
		t.Errorf("different files have different checksums; got %d of 5", len(seen))
	}
}
