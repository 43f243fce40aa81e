package web

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/webcrypto"
)

// digestFunctions are the host functions of the bundle digest_stream. The state of a digest is bytes, which the script's
// heap holds, so that nothing has to be freed.
var digestFunctions = map[string]engine.HostFunc{
	"digestStart":  digestStart,
	"digestUpdate": digestUpdate,
	"digestFinish": digestFinish,
}

// digestStart(hash) returns the state of the digest of no data.
func digestStart(args []engine.Value) (engine.Value, error) {
	state, err := webcrypto.NewHashState(argument(args, 0).String())
	if err != nil {
		return engine.Undefined(), throwOf(err)
	}
	return bytesOrThrow(state.Store())
}

// digestUpdate(hash, state, data) returns the state after more data.
func digestUpdate(args []engine.Value) (engine.Value, error) {
	state, err := webcrypto.LoadHashState(argument(args, 0).String(), argument(args, 1).Bytes())
	if err != nil {
		return engine.Undefined(), throwOf(err)
	}
	state.Write(argument(args, 2).Bytes())
	return bytesOrThrow(state.Store())
}

// digestFinish(hash, state) returns the digest.
func digestFinish(args []engine.Value) (engine.Value, error) {
	state, err := webcrypto.LoadHashState(argument(args, 0).String(), argument(args, 1).Bytes())
	if err != nil {
		return engine.Undefined(), throwOf(err)
	}
	return engine.Bytes(state.Sum()), nil
}
