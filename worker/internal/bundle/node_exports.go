package bundle

// nodeExports are the exports of the modules of Node that Linger has. A test compares them with the modules.
var nodeExports = map[string]string{
	"assert": "AssertionError deepEqual deepStrictEqual doesNotMatch doesNotReject doesNotThrow equal fail ifError match " +
		"notDeepEqual notDeepStrictEqual notEqual notStrictEqual ok rejects strict strictEqual throws",
	"assert/strict": "AssertionError deepEqual deepStrictEqual doesNotMatch doesNotReject doesNotThrow equal fail ifError match " +
		"notDeepEqual notDeepStrictEqual notEqual notStrictEqual ok rejects strict strictEqual throws",
	"async_hooks": "AsyncLocalStorage AsyncResource createHook executionAsyncId executionAsyncResource triggerAsyncId",
	"buffer": "Blob Buffer File INSPECT_MAX_BYTES SlowBuffer atob btoa constants isAscii isUtf8 kMaxLength kStringMaxLength " +
		"transcode",
	"console": "assert clear count countReset createTask debug dir dirxml error group groupCollapsed groupEnd info log profile " +
		"profileEnd table time timeEnd timeLog timeStamp trace warn",
	"crypto": "Hash Hmac KeyObject Sign Verify X509Certificate checkPrime checkPrimeSync constants createCipheriv " +
		"createDecipheriv createDiffieHellman createDiffieHellmanGroup createECDH createHash createHmac createPrivateKey " +
		"createPublicKey createSecretKey createSign createVerify diffieHellman generateKey generateKeyPair " +
		"generateKeyPairSync generateKeySync generatePrime generatePrimeSync getCiphers getCurves getDiffieHellman " +
		"getFips getHashes getRandomValues hash hkdf hkdfSync pbkdf2 pbkdf2Sync privateDecrypt privateEncrypt " +
		"publicDecrypt publicEncrypt randomBytes randomFill randomFillSync randomInt randomUUID scrypt scryptSync sign " +
		"subtle timingSafeEqual verify webcrypto",
	"diagnostics_channel": "Channel TracingChannel channel hasSubscribers subscribe tracingChannel unsubscribe",
	"events": "EventEmitter EventEmitterAsyncResource addAbortListener captureRejectionSymbol captureRejections " +
		"defaultMaxListeners errorMonitor getEventListeners getMaxListeners init listenerCount on once setMaxListeners " +
		"usingDomains",
	"os": "EOL arch availableParallelism constants cpus devNull endianness freemem homedir hostname loadavg machine " +
		"networkInterfaces platform release tmpdir totalmem type uptime userInfo version",
	"path": "basename delimiter dirname extname format isAbsolute join normalize parse posix relative resolve sep " +
		"toNamespacedPath win32",
	"path/posix": "basename delimiter dirname extname format isAbsolute join normalize parse posix relative resolve sep " +
		"toNamespacedPath win32",
	"path/win32": "basename delimiter dirname extname format isAbsolute join normalize parse posix relative resolve sep " +
		"toNamespacedPath win32",
	"perf_hooks": "performance",
	"process": "_events _eventsCount _maxListeners abort addListener arch argv chdir cpuUsage cwd dlopen emit emitWarning env " +
		"eventNames execArgv execPath exit exitCode features getBuiltinModule getMaxListeners hrtime kill listenerCount " +
		"listeners memoryUsage nextTick off on once platform prependListener reallyExit removeAllListeners removeListener " +
		"setMaxListeners setgid setuid stderr stdin stdout title umask uptime version versions",
	"punycode":    "decode encode toASCII toUnicode ucs2 version",
	"querystring": "decode encode escape parse stringify unescape unescapeBuffer",
	"stream": "Duplex PassThrough Readable Stream Transform Writable addAbortSignal destroy finished getDefaultHighWaterMark " +
		"isDestroyed isDisturbed isErrored isReadable isWritable pipeline promises setDefaultHighWaterMark",
	"stream/consumers": "arrayBuffer blob buffer json text",
	"stream/promises":  "finished pipeline",
	"stream/web": "ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy DecompressionStream " +
		"ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest " +
		"ReadableStreamDefaultController ReadableStreamDefaultReader TextDecoderStream TextEncoderStream TransformStream " +
		"TransformStreamDefaultController WritableStream WritableStreamDefaultController WritableStreamDefaultWriter",
	"string_decoder":  "StringDecoder",
	"timers":          "clearImmediate clearInterval clearTimeout promises setImmediate setInterval setTimeout",
	"timers/promises": "scheduler setImmediate setInterval setTimeout",
	"tty":             "ReadStream WriteStream isatty",
	"url": "URL URLSearchParams Url domainToASCII domainToUnicode fileURLToPath format parse pathToFileURL resolve " +
		"resolveObject urlToHttpOptions",
	"util": "TextDecoder TextEncoder _extend aborted callbackify debug debuglog deprecate format formatWithOptions " +
		"getSystemErrorName inherits inspect isArray isBoolean isBuffer isDate isDeepStrictEqual isError isFunction " +
		"isNull isNullOrUndefined isNumber isObject isPrimitive isRegExp isString isSymbol isUndefined parseArgs " +
		"promisify stripVTControlCharacters styleText toUSVString types",
	"util/types": "isAnyArrayBuffer isArgumentsObject isArrayBuffer isArrayBufferView isAsyncFunction isBigInt64Array " +
		"isBigIntObject isBigUint64Array isBooleanObject isBoxedPrimitive isCryptoKey isDataView isDate isExternal " +
		"isFloat32Array isFloat64Array isGeneratorFunction isGeneratorObject isInt16Array isInt32Array isInt8Array isMap " +
		"isMapIterator isModuleNamespaceObject isNativeError isNumberObject isPromise isProxy isRegExp isSet " +
		"isSetIterator isSharedArrayBuffer isStringObject isSymbolObject isTypedArray isUint16Array isUint32Array " +
		"isUint8Array isUint8ClampedArray isWeakMap isWeakSet",
}

// nodeAbsent are exports of these modules in Node that do not exist here. Packages can import them: they throw when they are
// called. In the files of the application such an import is an error.
var nodeAbsent = map[string]string{
	"assert":        "CallTracker",
	"assert/strict": "CallTracker",
	"async_hooks":   "asyncWrapProviders",
	"buffer":        "resolveObjectURL",
	"console":       "Console context",
	"crypto": "Certificate Cipher Cipheriv Decipher Decipheriv DiffieHellman DiffieHellmanGroup ECDH argon2 argon2Sync " +
		"getCipherInfo secureHeapUsed setEngine setFips",
	"os":         "getPriority setPriority",
	"path":       "matchesGlob",
	"path/posix": "matchesGlob",
	"path/win32": "matchesGlob",
	"perf_hooks": "Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList " +
		"PerformanceResourceTiming constants createHistogram monitorEventLoopDelay",
	"process": "argv0 config getegid geteuid getgid getuid pid ppid release",
	"stream":  "compose duplexPair",
	"timers":  "active enroll unenroll",
	"url":     "URLPattern",
	"util": "MIMEParams MIMEType convertProcessSignalToExitCode getCallSites getSystemErrorMap log parseEnv " +
		"transferableAbortController transferableAbortSignal",
	"util/types": "isKeyObject",
}
