package cluster_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger/cluster"
)

// TestNodeTLS has two nodes with certificates and a secret. One that has the certificates and not the secret is refused, and so is one that has the
// secret and certificates of another authority.
func TestNodeTLS(t *testing.T) {
	t.Parallel()
	first := freeAddress(t)
	dir := t.TempDir()
	writeCertificates(t, dir)
	options := func(node, secret, dir string, join ...string) cluster.Options {
		listen := first
		if len(join) > 0 {
			listen = freeAddress(t)
		}
		file := func(name string) string { return filepath.Join(dir, name) }
		return cluster.Options{
			Node: node, Listen: listen, Join: join, Secret: secret, CAFile: file("ca.pem"), CertFile: file("cert.pem"), KeyFile: file("key.pem"),
		}
	}
	a := join(t, options("a", "right", dir))
	b := join(t, options("b", "right", dir, first))
	untilNodes(t, a, "a", "b")
	untilNodes(t, b, "a", "b")
	other := t.TempDir()
	writeCertificates(t, other)
	for _, opts := range []cluster.Options{options("c", "wrong", dir, first), options("d", "right", other, first)} {
		t.Run(opts.Node, func(t *testing.T) {
			t.Parallel()
			n := join(t, opts) // waits for a route
			if got := n.Nodes(); len(got) != 1 {
				t.Errorf("node %s sees the nodes %q, expected that it is alone", opts.Node, got)
			}
			if got := a.Nodes(); slices.Contains(got, opts.Node) {
				t.Errorf("node a sees the nodes %q, expected that %s is not there", got, opts.Node)
			}
		})
	}
}

// writeCertificates writes an authority, and a certificate of it.
func writeCertificates(t *testing.T, dir string) {
	t.Helper()
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	authority := template
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.IsCA, template.KeyUsage = big.NewInt(2), false, x509.KeyUsageDigitalSignature
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	write := func(name, kind string, bytes []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, &authority, &authority, &authorityKey.PublicKey, authorityKey)
	write("ca.pem", "CERTIFICATE", der, err)
	der, err = x509.CreateCertificate(rand.Reader, &template, &authority, &key.PublicKey, authorityKey)
	write("cert.pem", "CERTIFICATE", der, err)
	der, err = x509.MarshalPKCS8PrivateKey(key)
	write("key.pem", "PRIVATE KEY", der, err)
}
