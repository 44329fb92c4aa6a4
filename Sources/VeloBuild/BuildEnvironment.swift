import VeloCore
package import VeloFormula

/// The variables of a build or a test: a list made from nothing but what is declared, so that the same formula meets
/// the same surroundings on every machine.
package struct BuildEnvironment: Sendable {
    /// A dependency as far as the environment is concerned.
    package struct DependencyPaths: Sendable {
        package var name: String
        package var isKegOnly: Bool

        package init(name: String, isKegOnly: Bool) {
            self.name = name
            self.isKegOnly = isKegOnly
        }
    }

    package var prefix: String
    package var formula: Formula
    package var dependencies: [DependencyPaths]
    package var compiler: String
    package var makeJobs: Int
    /// Seconds since 1970: the newest file of the source.
    package var sourceDate: Int
    /// The folder in which it is compiled.
    package var root: String
    /// Days by which programs see the clock advanced.
    package var daysAhead: Int?

    package init(
        prefix: String, formula: Formula, dependencies: [DependencyPaths], compiler: String, makeJobs: Int,
        sourceDate: Int, root: String = BuildLayout.Inside.build, daysAhead: Int? = nil
    ) {
        self.root = root
        self.daysAhead = daysAhead
        self.prefix = prefix
        self.formula = formula
        self.dependencies = dependencies
        self.compiler = compiler
        self.makeJobs = makeJobs
        self.sourceDate = sourceDate
    }

    private var opt: String { "\(prefix)/opt" }
    private var keg: String { "\(prefix)/Cellar/\(formula.name)/\(formula.pkgVersion)" }
    private var cxx: String { compiler.hasPrefix("gcc") ? "g++" + compiler.dropFirst(3) : "clang++" }

    private var cache: String { "\(BuildLayout.Inside.temporary)/cache" }

    /// The same for every phase: a quiet, fixed place.
    private var common: [String: String] {
        [
            "HOMEBREW_PREFIX": prefix, "HOMEBREW_CELLAR": "\(prefix)/Cellar", "HOMEBREW_OPT": opt,
            "HOMEBREW_TEMP": BuildLayout.Inside.temporary, "TMPDIR": BuildLayout.Inside.temporary,
            "TMP": BuildLayout.Inside.temporary, "TEMP": BuildLayout.Inside.temporary,
            "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC0", "USER": "velo", "LOGNAME": "velo", "SHELL": "/bin/sh",
            "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1", "GIT_TERMINAL_PROMPT": "0", "GOENV": "off",
            "SOURCE_DATE_EPOCH": String(sourceDate),
            "HOMEBREW_CACHE": "\(BuildLayout.Inside.temporary)/cache", "XDG_CACHE_HOME": "\(cache)/xdg",
            "GOCACHE": "\(cache)/go_cache", "GOPATH": "\(cache)/go_mod_cache", "GOTOOLCHAIN": "local",
            "CARGO_HOME": "\(cache)/cargo_cache", "PIP_CACHE_DIR": "\(cache)/pip_cache",
            "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "NPM_CONFIG_USERCONFIG": "/dev/null", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "_JAVA_OPTIONS": "-Duser.home=\(cache)/java_cache", "PERL_MM_USE_DEFAULT": "1",
        ]
    }

    /// For `install`: compilers behind shims, dependencies found, the host's packages not.
    package func forInstall(home: String) -> [String: String] {
        var variables = common
        let kegOnly = dependencies.filter(\.isKegOnly).map { "\(opt)/\($0.name)" }
        let all = dependencies.map { "\(opt)/\($0.name)" }
        variables["HOME"] = home
        variables["PATH"] = joined(
            [BuildLayout.Inside.shims] + all.map { $0 + "/bin" } + ["/usr/bin", "/bin", "/usr/sbin", "/sbin"])
        variables["CC"] = compiler
        variables["CXX"] = cxx
        variables["HOMEBREW_SHIMS_PATH"] = BuildLayout.Inside.shims
        variables["HOMEBREW_BUILD_ROOT"] = root
        variables["HOMEBREW_CCCFG"] = ""
        variables["HOMEBREW_OPTIMIZATION_LEVEL"] = "O2"
        // A bottle has to run on the oldest processor that Homebrew supports.
        variables["HOMEBREW_OPTFLAGS"] =
            SystemCallFilter.Processor.current == .x86_64 ? "-march=core2" : "-march=armv8-a"
        variables["HOMEBREW_CC"] = compiler
        variables["HOMEBREW_CXX"] = cxx
        variables["HOMEBREW_FORMULA_PREFIX"] = keg
        variables["HOMEBREW_FORMULA_BUILDPATH"] = root
        variables["HOMEBREW_INCLUDE_PATHS"] = joined(kegOnly.map { $0 + "/include" })
        variables["HOMEBREW_ISYSTEM_PATHS"] = "\(prefix)/include"
        variables["HOMEBREW_LIBRARY_PATHS"] = joined(kegOnly.map { $0 + "/lib" } + ["\(prefix)/lib"])
        variables["HOMEBREW_RPATH_PATHS"] = joined(["\(keg)/lib"] + kegOnly.map { $0 + "/lib" } + ["\(prefix)/lib"])
        variables["HOMEBREW_DYNAMIC_LINKER"] = "\(prefix)/lib/ld.so"
        variables["HOMEBREW_DEPENDENCIES"] = dependencies.map(\.name).joined(separator: ",")
        variables["PKG_CONFIG_LIBDIR"] = ""
        variables["PKG_CONFIG_PATH"] = joined(all.flatMap { [$0 + "/lib/pkgconfig", $0 + "/share/pkgconfig"] })
        variables["ACLOCAL_PATH"] = joined(kegOnly.map { $0 + "/share/aclocal" } + ["\(prefix)/share/aclocal"])
        variables["CMAKE_PREFIX_PATH"] = joined(kegOnly + [prefix])
        variables["MAKEFLAGS"] = "-j\(makeJobs)"
        variables["HOMEBREW_MAKE_JOBS"] = String(makeJobs)
        if let daysAhead {
            variables["LD_PRELOAD"] = ShiftedClock.library
            variables["FAKETIME"] = "+\(daysAhead)d"
            // Only the clock is another: files have the times that they have.
            variables["NO_FAKE_STAT"] = "1"
        }
        return variables
    }

    /// For `test`: what a user of the prefix has, and a compiler that finds its libraries.
    package func forTest(home: String) -> [String: String] {
        var variables = common
        let kegOnly = ([formula.isKegOnly ? formula.name : nil] + dependencies.filter(\.isKegOnly).map(\.name))
            .compactMap { $0 }.map { "\(opt)/\($0)" }
        let roots = kegOnly + [prefix]
        variables["HOME"] = home
        variables["PATH"] = joined(
            [formula.isKegOnly ? "\(opt)/\(formula.name)/bin" : nil, "\(prefix)/bin", "\(prefix)/sbin"].compactMap {
                $0
            }
                + dependencies.filter(\.isKegOnly).map { "\(opt)/\($0.name)/bin" } + [
                    "/usr/bin", "/bin", "/usr/sbin", "/sbin",
                ])
        variables["CC"] = compiler
        variables["CXX"] = cxx
        variables["CPATH"] = joined(roots.map { $0 + "/include" })
        variables["LIBRARY_PATH"] = joined(roots.map { $0 + "/lib" })
        variables["LD_RUN_PATH"] = joined(roots.map { $0 + "/lib" })
        variables["PKG_CONFIG_LIBDIR"] = ""
        variables["PKG_CONFIG_PATH"] = joined(
            ([formula.name] + dependencies.map(\.name)).map { "\(opt)/\($0)/lib/pkgconfig" })
        variables["CMAKE_PREFIX_PATH"] = joined(roots)
        return variables
    }

    private func joined(_ paths: [String]) -> String { paths.joined(separator: ":") }
}
