// The modules in the order in which they run: the platform, then Linger's API, and what replaces parts of that in a child.
import "./globals.js";
import "worker/index.js";
import "./fetch.js";
