"""The names of languages: GitHub's, with their aliases, and ripgrep's short ones.

GitHub names languages by its library linguist (https://github.com/github-linguist/linguist, `languages.yml`). The table
is made by `tools/language_names.mjs` from release 9.5.0 of the npm package `linguist-languages`.
"""

from __future__ import annotations

RIPGREP_TYPES: dict[str, tuple[str, ...]] = {
    "amake": ("Makefile",),
    "asm": ("Assembly", "Motorola 68K Assembly", "Unix Assembly"),
    "avro": ("Avro IDL",),
    "cmd": ("Batchfile",),
    "config": ("INI",),
    "cs": ("C#",),
    "cshtml": ("HTML+Razor",),
    "csproj": ("XML",),
    "css": ("CSS", "SCSS"),
    "docker": ("Dockerfile",),
    "dockercompose": ("YAML",),
    "ebuild": ("Gentoo Ebuild",),
    "fut": ("Futhark",),
    "h": ("C", "C++", "Objective-C"),
    "haskell": ("Haskell", "Literate Haskell"),
    "hs": ("Haskell", "Literate Haskell"),
    "jl": ("Julia",),
    "jupyter": ("Jupyter Notebook",),
    "k": ("KFramework",),
    "lisp": ("Common Lisp", "Emacs Lisp", "Scheme"),
    "mk": ("Makefile",),
    "ml": ("OCaml",),
    "msbuild": ("XML",),
    "objcpp": ("Objective-C++",),
    "po": ("Gettext Catalog",),
    "ps": ("PowerShell",),
    "purs": ("PureScript",),
    "reasonml": ("Reason",),
    "robot": ("RobotFramework",),
    "sass": ("Sass", "SCSS"),
    "spec": ("RPM Spec",),
    "sv": ("SystemVerilog",),
    "systemd": ("INI",),
    "tex": ("TeX", "BibTeX"),
    "tf": ("HCL", "Terraform Template"),
    "ts": ("TypeScript", "TSX"),
    "txt": ("Text",),
    "vb": ("Visual Basic .NET",),
    "verilog": ("Verilog", "SystemVerilog"),
}
"""What `rg --type-list` (14.1) names differently from linguist, or where it means more than one language."""


def aliases_by_name() -> dict[str, tuple[str, ...]]:
    """Return linguist's names of languages with their aliases, in alphabetical order."""
    rows = (row.split("|") for row in _TABLE.splitlines())
    return {name: tuple(aliases) for name, *aliases in rows}


_TABLE = """\
1C Enterprise
2-Dimensional Array
4D
ABAP
ABAP CDS
ABNF
AGS Script|ags
AIDL
AL
ALGOL
AMPL
ANTLR
API Blueprint
APL
ASL
ASN.1
ASP.NET|aspx|aspx-vb
ATS|ats2
ActionScript|actionscript 3|actionscript3|as3
Ada|ada95|ada2005
Adblock Filter List|ad block filters|ad block|adb|adblock
Adobe Font Metrics|acfm|adobe composite font metrics|adobe multiple font metrics|amfm
Agda
Aiken
Aleo
Alloy
Alpine Abuild|abuild|apkbuild
Altium Designer|altium
AngelScript
Answer Set Programming
Ant Build System
Antlers
ApacheConf|aconf|apache
Apex
Apollo Guidance Computer
AppleScript|apples|osascript
Arc
AsciiDoc
AspectJ
Assembly|asm|nasm
Astro
Asymptote
Augeas
AutoHotkey|ahk
AutoIt|au3|AutoIt3|AutoItScript
Avro IDL
Awk
B
B (Formal Method)
B4X|basic for android
BAML
BASIC
BBCode
BIRD2|bird|bird3
BQN
Ballerina
Batchfile|bat|batch|dosbatch|winbatch
Beef
Befunge
Berry|be
BibTeX
BibTeX Style
Bicep
Bikeshed
Bison
BitBake
Blade
BlitzBasic|b3d|blitz3d|blitzplus|bplus
BlitzMax|bmax
Blueprint|blp
Bluespec|bluespec bsv|bsv
Bluespec BH|bh|bluespec classic
Boo
Boogie
Brainfuck
BrighterScript
Brightscript
Browserslist
Bru
BuildStream
C
C#|csharp|cake|cakescript
C++|cpp
C-ObjDump
C2hs Haskell|c2hs
C3
CAP CDS|cds
CIL
CLIPS
CMake
COBOL
CODEOWNERS
COLLADA
CQL
CSON
CSS
CSV
CUE
CWeb
Cabal Config|Cabal
Caddyfile|Caddy
Cadence
Cairo
Cairo Zero
CameLIGO
Cangjie
Cap'n Proto
Carbon
CartoCSS|Carto
Ceylon
Chapel|chpl
Charity
Checksums|checksum|hash|hashes|sum|sums
ChucK
Circom
Cirru
Clarion
Clarity
Classic ASP|asp
Clean
Click
Clojure
Closure Templates|soy
Cloud Firestore Security Rules
Clue
CoNLL-U|CoNLL|CoNLL-X
CodeQL|ql
CoffeeScript|coffee|coffee-script
ColdFusion|cfm|cfml|coldfusion html
ColdFusion CFC|cfc
Common Lisp|lisp
Common Workflow Language|cwl
Component Pascal
Cooklang
Cool
Cpp-ObjDump|c++-objdump
Creole
Crystal
Csound|csound-orc
Csound Document|csound-csd
Csound Score|csound-sco
Cuda
Cue Sheet
Curry
Cycript
Cylc
Cypher
Cython|pyrex
D|Dlang
D-ObjDump
D2|d2lang
DIGITAL Command Language|dcl
DM|byond
DNS Zone
DTrace|dtrace-script
Dafny
Darcs Patch|dpatch
Dart
Daslang
DataWeave
Debian Package Control File
DenizenScript
Dhall
Diff|udiff
DirectX 3D File
Dockerfile|Containerfile
Dogescript
Dotenv
Dune
Dylan
E
E-mail|email|eml|mail|mbox
EBNF
ECL
ECLiPSe
EJS
EQ
Eagle
Earthly|Earthfile
Easybuild
Ecere Projects
Ecmarkup|ecmarkdown
Edge
EdgeQL|esdl
EditorConfig|editor-config
Edje Data Collection
Eiffel
Elixir
Elm
Elvish
Elvish Transcript
Emacs Lisp|cask|eask|elisp|emacs
EmberScript
Erlang
Euphoria
F#|fsharp
F*|fstar
FIGlet Font|FIGfont
FIRRTL
FLUX
FPP
Factor
Fancy
Fantom
Faust
Fennel
Filebench WML
Filterscript
FlatBuffers
Flix
Fluent
Formatted
Forth
Fortran
Fortran Free Form
FreeBASIC|fb
FreeMarker|ftl
Frege
Futhark
G-code
GAML
GAMS
GAP
GCC Machine Description
GDB
GDScript
GDShader
GEDCOM
GLSL
GN
GSC
Game Maker Language
Gemfile.lock
Gemini|gemtext
Genero 4gl
Genero per
Genie
Genshi|xml+genshi|xml+kid
Gentoo Ebuild
Gentoo Eclass
Gerber Image|rs-274x
Gettext Catalog|pot
Gherkin|cucumber
Git Attributes|gitattributes
Git Commit|commit
Git Config|gitconfig|gitmodules
Git Revision List|Git Blame Ignore Revs
Gleam
Glimmer JS|gjs
Glimmer TS|gts
Glyph
Glyph Bitmap Distribution Format
Gno|gnolang
Gnuplot
Go|golang
Go Checksums|go.sum|go sum|go.work.sum|go work sum
Go Module|go.mod|go mod
Go Template|gotmpl
Go Workspace|go.work|go work
Godot Resource
Golo
Gosu
Grace
Gradle
Gradle Kotlin DSL
Grammatical Framework|gf
Graph Modeling Language
GraphQL
Graphviz (DOT)
Groovy
Groovy Server Pages|gsp|java server page
GtkRC|gtk|gtk 1|gtk 2
HAProxy
HCL|HashiCorp Configuration Language|opentofu|terraform
HIP
HLSL
HOCON
HTML|xhtml
HTML+ECR|ecr
HTML+EEX|eex|heex|leex
HTML+ERB|erb|rhtml|html+ruby
HTML+PHP
HTML+Razor|razor
HTTP
HXML
Hack
Haml
Handlebars|hbs|htmlbars
Harbour
Hare
Haskell
Haxe
HiveQL
HolyC
Hosts File|hosts
Hurl
Hy|hylang
HyPhy
IDL
IGOR Pro|igor|igorpro
IL Assembly|ilasm|msil
INI|conf|dosini
IRC log|irc|irc logs
ISPC
Idris
Ignore List|ignore|gitignore|git-ignore
ImHex Pattern Language|ImHex|ImHexPatternLanguage|imhexpl
ImageJ Macro|ijm
Imba
Inform 7|i7|inform7
Ink
Inno Setup
Io
Ioke
Isabelle
Isabelle ROOT
J
JAR Manifest
JASS|jass2
JCL
JFlex
JSON|geojson|jsonl|sarif|topojson
JSON with Comments|jsonc
JSON5
JSONLD
JSONiq
Jac
Jai
Janet
Jasmin
Java
Java Properties
Java Server Pages|jsp
Java Template Engine|jte
JavaScript|js|node
JavaScript+ERB
Jest Snapshot
JetBrains MPS|mps
Jinja|django|html+django|html+jinja|htmldjango
Jison
Jison Lex
Jolie
Jsonnet
Julia
Julia REPL
Jupyter Notebook|IPython Notebook
Just|Justfile
KCL
KDL
KFramework
KRL
Kaitai Struct|ksy
KakouneScript|kak|kakscript
KerboScript
KiCad Layout|pcbnew
KiCad Legacy Layout
KiCad Schematic|eeschema schematic
Kickstart
Kit
KoLmafia ASH
Koka
Kotlin
Kusto
LFE
LLVM
LOLCODE
LSL
LTspice Symbol
LabVIEW
Lambdapi
Langium
Lark
Lasso|lassoscript
Latte
Lean
Lean 4|lean4
Leo
Less|less-css
Lex|flex
LigoLANG
LilyPond
Limbo
Linear Programming
Linker Script
Linux Kernel Module
Liquid
Liquidsoap
Literate Agda
Literate CoffeeScript|litcoffee
Literate Haskell|lhaskell|lhs
LiveCode Script
LiveScript|live-script|ls
Lobster
Logos
Logtalk
LookML
LoomScript
Lua
Luau
M|mumps
M3U|hls playlist|m3u playlist
M4
M4Sugar|autoconf
MATLAB|octave
MAXScript
MDX
MLIR
MQL4
MQL5
MTML
MUF
Macaulay2|m2
Makefile|bsdmake|make|mf
Mako
Markdown|md|pandoc
Marko|markojs
Mask
Mathematical Programming System
Maven POM
Max|max/msp|maxmsp
MeTTa
Mercury
Mermaid|mermaid example
Meson
Metal
Microsoft Developer Studio Project
Microsoft Visual Studio Solution
MiniD
MiniScript
MiniYAML
MiniZinc
MiniZinc Data
Mint
Mirah
Modelica
Modula-2
Modula-3
Module Management System
Mojo
Monkey
Monkey C
Moocode
MoonBit
MoonScript
Motoko
Motorola 68K Assembly|m68k
Move
Muse|amusewiki|emacs muse
Mustache
Myghty
NASL
NCL
NEON|nette object notation|ne-on
NL
NMODL
NPM Config|npmrc
NSIS
NWScript
Nasal
Nearley
Nemerle
NetLinx
NetLinx+ERB
NetLogo
NewLisp
Nextflow
Nginx|nginx configuration file
Nickel
Nim
Ninja
Nit
Nix|nixos
Noir|nargo
Nu|nush
NumPy
Nunjucks|njk
Nushell|nu-script|nushell-script
OASv2-json
OASv2-yaml
OASv3-json
OASv3-yaml
OCaml
OMNeT++ MSG|omnetpp-msg
OMNeT++ NED|omnetpp-ned
Oberon
ObjDump
Object Data Instance Notation
ObjectScript
Objective-C|obj-c|objc|objectivec
Objective-C++|obj-c++|objc++|objectivec++
Objective-J|obj-j|objectivej|objj
Odin|odinlang|odin-lang
Omgrofl
Opa
Opal
Open Policy Agent
OpenAPI Specification v2|oasv2
OpenAPI Specification v3|oasv3
OpenCL
OpenEdge ABL|progress|openedge|abl
OpenQASM
OpenRC runscript|openrc
OpenSCAD
OpenStep Property List
OpenType Feature File|AFDKO
Option List|opts|ackrc
Org
OverPy|opy
OverpassQL
Ox
Oxygene
Oz
P4
PDDL
PEG.js
PHP|inc
PLSQL
PLpgSQL
POV-Ray SDL|pov-ray|povray
Pact
Pan
Papyrus
Parrot
Parrot Assembly|pasm
Parrot Internal Representation|pir
Pascal|delphi|objectpascal
Pawn
Pep8
Perl|cperl
Pic|pikchr
Pickle
PicoLisp
PigLatin
Pike
Pip Requirements
Pkl
PlantUML
Pod
Pod 6
PogoScript
Polar
Pony
Portugol
PostCSS
PostScript|postscr
Power Query|powerquery
PowerBuilder
PowerShell|posh|pwsh
Praat
Prisma
Pro*C
Processing
Procfile
Proguard
Prolog
Promela
Propeller Spin
Protocol Buffer|proto|protobuf|Protocol Buffers
Protocol Buffer Text Format|text proto|protobuf text format
Public Key
Pug
Puppet
Pure Data
PureBasic
PureScript
Pyret
Python|py|py3|python3|rusthon
Python console|pycon
Python traceback
Q#|qsharp
QML
QMake
Qt Script
Quake
QuakeC
Quartus Simulation IP
QuickBASIC|qb|qbasic|qb64|classic qbasic|classic quickbasic
Quint
R|Rscript|splus
RAML
RAScript
RBS
RDoc
REALbasic
REXX|arexx
RMarkdown
RON
ROS Interface|rosmsg
RPC|rpcgen|oncrpc|xdr
RPGLE|ile rpg|sqlrpgle
RPM Spec|specfile
RUNOFF
Racket
Ragel|ragel-rb|ragel-ruby
Raku|perl6|perl-6
Rascal
Raw token data|raw
ReScript
Readline Config|inputrc|readline
Reason
ReasonLIGO
Rebol
Record Jar
Red|red/system
Redcode
Redirect Rules|redirects
Redscript
Regular Expression|regexp|regex
Ren'Py|renpy
RenderScript
Rez
Rhai
Rich Text Format
Ring
Riot
RobotFramework
Robots Exclusion Rules|robots|robots txt|robotx.txt
Roc
Rocq Prover|coq|rocq
Roff|groff|man|manpage|man page|man-page|mdoc|nroff|troff
Roff Manpage
Rouge
RouterOS Script
Ruby|jruby|macruby|rake|rb|rbx
Rust|rs
SAS
SCSS
SELinux Policy|SELinux Kernel Policy Language|sepolicy
SIP
SMT
SPARQL
SQF
SQL
SQLPL
SRecode Template
SSH Config|sshconfig|sshdconfig|ssh_config|sshd_config
STAR
STL|ascii stl|stla
STON
SVG
SWIG
Sage
Sail
Salt|saltstack|saltstate
Sass
Scala
Scaml
Scenic
Scheme
Scilab
Self
ShaderLab
Shell|sh|shell-script|bash|zsh|envrc
ShellCheck Config|shellcheckrc
ShellSession|bash session|console
Shen
Sieve
Simple File Verification|sfv
Singularity
Slang
Slash
Slice
Slim
Slint
SmPL|coccinelle
Smali
Smalltalk|squeak
Smarty
Smithy
Snakemake|snakefile
Solidity
Soong
SourcePawn|sourcemod
SpiceDB Schema
Spline Font Database
Squirrel
Stan
Standard ML|sml
Starlark|bazel|bzl
Stata
StringTemplate
Stylus
SubRip Text
SugarSS
SuperCollider
SurrealQL|surql
Survex data
Svelte
Sway
Sweave
Swift
SystemVerilog
TI Program
TL-Verilog
TLA
TMDL|Tabular Model Definition Language
TOML
TSPLIB data|travelling salesman problem|traveling salesman problem
TSQL
TSV|tab-seperated values
TSX|typescriptreact
TXL
Tact
Talon
Tape|vhs
Tcl|sdc|xdc
Tcsh
TeX|latex
Tea
Teal
Terra
Terraform Template
Texinfo
Text|fundamental|plain text
TextGrid
TextMate Properties|tm-properties
Textile
Thrift
Toit
Tolk
Tor Config|torrc
Tree-sitter Query|tsq
Turing
Turtle
Twig
Type Language|tl
TypeScript|ts
TypeSpec|tsp
Typst|typ
Unified Parallel C
Unity3D Asset
Unix Assembly|gas|gnu asm|unix asm
Uno
UnrealScript
Untyped Plutus Core
UrWeb|Ur/Web|Ur
V|vlang
VBA|visual basic for applications
VBScript
VCL
VHDL
Vala
Valve Data Format|keyvalues|vdf
Velocity Template Language|vtl|velocity
Vento
Verilog
Verse
Vespa Schema Definition|vespa
Vim Help File|help|vimhelp
Vim Snippet|SnipMate|UltiSnip|UltiSnips|NeoSnippet
Vim script|vim|viml|nvim|vimscript
Visual Basic .NET|visual basic|vbnet|vb .net|vb.net
Visual Basic 6.0|vb6|vb 6|visual basic 6|visual basic classic|classic visual basic
Volt
Vue
Vyper
WDL|Workflow Description Language
WGSL
Wavefront Material
Wavefront Object
Web Ontology Language
WebAssembly|wast|wasm
WebAssembly Interface Type|wit
WebIDL
WebVTT|vtt
Wget Config|wgetrc
Whiley
Wikitext|mediawiki|wiki
Win32 Message File
Windows Registry Entries
Witcher Script
Wolfram Language|mathematica|mma|wolfram|wolfram lang|wl
Wollok
World of Warcraft Addon Data
Wren|wrenlang
X BitMap|xbm
X Font Directory Index
X PixMap|xpm
X10|xten
XC
XCompose
XML|rss|xsd|wsdl
XML Property List
XPages
XProc
XQuery
XS
XSLT|xsl
Xmake
Xojo
Xonsh
Xtend
YAML|yml
YANG
YARA
YASnippet|snippet|yas
Yacc
Yul
ZAP
ZIL
Zeek|bro
ZenScript
Zephir
Zig
Zimpl
Zmodel
cURL Config|curlrc
crontab|cron|cron table
desktop
dircolors
eC
edn
fish
hoon
iCalendar|iCal
jq
kvlang
mIRC Script
mcfunction
mdsvex
mupad
nanorc
nesC
ooc
pkg-config|pkgconf
q
reStructuredText|rst
sed
templ
ucode
vCard|virtual contact file|electronic business card
wisp
xBase|advpl|clipper|foxpro
"""
