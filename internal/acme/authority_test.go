package acme_test

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// authority is a certificate authority that connects to localhost.
type authority struct {
	directory string         // URL
	rootFile  string         // of the certificate of the directory
	issued    *x509.CertPool // the root of the certificates that it issues
}

// startAuthority starts an authority that connects to these ports, and issues certificates with a lifetime.
func startAuthority(t *testing.T, httpPort, tlsPort int, lifetime time.Duration) authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	var lines io.Writer = io.Discard
	if testing.Verbose() {
		lines = os.Stderr
	}
	logger := log.New(lines, "pebble: ", log.Ltime)
	store := db.NewMemoryStore()
	issuer := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{
		"default": {Description: "for tests", ValidityPeriod: uint64(lifetime / time.Second)},
	})
	front := wfe.New(logger, store, va.New(logger, httpPort, tlsPort, true, "", store), issuer, []string{"ca.example"}, true, false, 1, 1)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	a := authority{directory: server.URL + wfe.DirectoryPath, rootFile: filepath.Join(t.TempDir(), "root.pem"), issued: x509.NewCertPool()}
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(a.rootFile, root, 0o600); err != nil {
		t.Fatal(err)
	}
	a.issued.AppendCertsFromPEM(issuer.GetRootCert(0).PEM())
	return a
}
