// Package settings gives the flags of a command more sources than the command line: environment variables, and a
// configuration file in TOML. The model of the command line defines the settings, so each flag is also a variable and a
// key:
//
//	--max-connections   LINGER_MAX_CONNECTIONS   max_connections
//	--drain-delay       LINGER_DRAIN_DELAY       delay in the table [drain]
//
// The command line takes precedence over the environment, and that over the file. Values of all sources are decoded by the
// mapper of the flag.
//
// These struct tags of a flag have a meaning for this package:
//
//	sources:"flag"               only the command line sets it
//	sources:"flag,environment"   the file cannot set it
//	merge:"first", merge:"last"  the values of all sources are used, those of the source with precedence first or last;
//	                             without the tag they replace the others
//	alternative:"GROUP"          a value replaces those that sources without precedence give to the flags of the group
//	belongs:"FLAG"               a value counts only for the value of FLAG that its source, or one below it, gives
//	path:"file"                  a relative path in the file is relative to the folder of the file
//	path:"executable"            the same, but a name without a folder is kept
//	secret:""                    the value is not printed
package settings
