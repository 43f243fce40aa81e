package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

// A connection to a server is given up when as many pings as maxPings have no answer at the time of the next one.
const (
	pingInterval = 2 * time.Second
	maxPings     = 2
)

// connect connects a link to the embedded server, or to one of the external ones.
func (n *Node) connect(ctx context.Context, l *link) (*nats.Conn, error) {
	settings, err := n.settings(l)
	if err != nil {
		return nil, err
	}
	type result struct {
		c   *nats.Conn
		err error
	}
	connected := make(chan result, 1)
	go func() {
		c, err := settings.Connect()
		connected <- result{c, err}
	}()
	select {
	case r := <-connected:
		if r.err != nil {
			return nil, fmt.Errorf("cluster: the connection to the NATS servers failed: %w", r.err)
		}
		return r.c, nil
	case <-ctx.Done():
		go func() {
			if r := <-connected; r.c != nil {
				r.c.Close()
			}
		}()
		return nil, fmt.Errorf("cluster: the NATS servers do not answer: %w", ctx.Err())
	}
}

// settings are those of the connection of a link.
func (n *Node) settings(l *link) (nats.Options, error) {
	s := nats.GetDefaultOptions()
	s.Name = "linger " + n.self.node
	s.NoEcho = true
	s.MaxReconnect = -1
	s.ReconnectWait, s.ReconnectJitter, s.ReconnectJitterTLS = 250*time.Millisecond, 250*time.Millisecond, 250*time.Millisecond
	s.ReconnectBufSize = -1 // the link has the queue
	s.PingInterval, s.MaxPingsOut = pingInterval, maxPings
	s.SkipSubjectValidation = true
	s.AllowReconnect = true
	s.DisconnectedErrCB = func(_ *nats.Conn, err error) {
		l.disconnected()
		select {
		case <-n.ended:
		default:
			n.warn(kindConnection, "the link to the cluster is broken", "error", err)
		}
	}
	s.ReconnectedCB = func(c *nats.Conn) {
		n.counts.reconnects.Add(1)
		l.reconnected()
		n.members.announce()
		n.logger.Info("the link to the cluster was restored", "server", c.ConnectedUrlRedacted())
	}
	s.AsyncErrorCB = func(_ *nats.Conn, _ *nats.Subscription, err error) {
		switch {
		case errors.Is(err, nats.ErrSlowConsumer):
			n.counts.overrun.Add(1)
		case errors.Is(err, nats.ErrPermissionViolation), errors.Is(err, nats.ErrMaxSubscriptionsExceeded):
			l.refuse(err)
		}
		n.warn(kindServer, "an error of the link to the cluster", "error", err)
	}
	if n.server != nil {
		s.InProcessServer, s.User, s.Password = n.server, embeddedUser, n.server.password
		return s, nil
	}
	s.Servers, s.Token = n.opts.URLs, n.opts.Secret
	if n.opts.CredsFile != "" {
		if err := nats.UserCredentials(n.opts.CredsFile)(&s); err != nil {
			return s, fmt.Errorf("%w: CredsFile: %w", ErrOptions, err)
		}
	}
	var err error
	if n.opts.CAFile != "" || n.opts.CertFile != "" {
		s.Secure = true
		s.TLSConfig, err = n.opts.tlsConfig()
	}
	return s, err
}

// tlsConfig returns the settings of TLS, for both roles. The certificate is read again for each connection, so that it can be renewed.
func (o *Options) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("%w: CAFile: %w", ErrOptions, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: CAFile %s has no certificate in PEM", ErrOptions, o.CAFile)
		}
		c.ClientCAs, c.ClientAuth = c.RootCAs, tls.RequireAndVerifyClientCert
	}
	if o.CertFile == "" {
		return c, nil
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("%w: CertFile and KeyFile: %w", ErrOptions, err)
		}
		return &pair, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return load() }
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return c, nil
}
