package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
)

func TestUpgrade(t *testing.T) {
	var asked admin.UpgradeRequest
	var refusal error
	var status *admin.UpgradeStatus
	f := start(t, func(_ *linger.Options, o *admin.Options) {
		o.Upgrade = func(r admin.UpgradeRequest) error { asked = r; return refusal }
		o.UpgradeStatus = func() *admin.UpgradeStatus { return status }
	})
	const path, json = "/v1/upgrade", "Content-Type: application/json"
	if got := f.wantStatus(http.StatusOK, http.MethodGet, path, ""); got != `{"upgrade":null}`+"\n" {
		t.Errorf("there was no upgrade; got %s", got)
	}
	status = &admin.UpgradeStatus{State: admin.UpgradeMoving, Old: 1, New: 2, Moved: 3}
	f.wantStatus(http.StatusOK, http.MethodPost, path, `{"binary":"/opt/linger","dryRun":true}`, json)
	if want := (admin.UpgradeRequest{Binary: "/opt/linger", DryRun: true}); asked != want {
		t.Errorf("the server is asked for %+v; got %+v", want, asked)
	}
	if got := get[struct{ Upgrade admin.UpgradeStatus }](f, path); got.Upgrade.State != admin.UpgradeMoving || got.Upgrade.New != 2 || got.Upgrade.Moved != 3 {
		t.Errorf("the answer is the status; got %+v", got)
	}
	for _, c := range []struct {
		refusal error
		status  int
		code    string
	}{
		{admin.ErrUpgrading, http.StatusConflict, "upgrading"},
		{fmt.Errorf("not here: %w", errors.ErrUnsupported), http.StatusNotImplemented, "not_available"},
		{errors.New("no such file"), http.StatusBadRequest, "bad_upgrade"},
	} {
		refusal = c.refusal
		f.wantError(c.status, c.code, http.MethodPost, path, "")
	}
}

func TestUpgradeNotAvailable(t *testing.T) {
	f := start(t, nil)
	f.wantError(http.StatusNotImplemented, "not_available", http.MethodPost, "/v1/upgrade", "")
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/upgrade", "")
}
