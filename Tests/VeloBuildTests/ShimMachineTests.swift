import Testing
import VeloShim

/// What a call of a compiler becomes, in each of the three regimes.
@Suite("The compiler shim's decisions")
struct ShimMachineTests {
    private static let surroundings = [
        "HOMEBREW_CC": "gcc-12", "HOMEBREW_CXX": "g++-12", "HOMEBREW_PREFIX": "/p", "HOMEBREW_CELLAR": "/p/Cellar",
        "HOMEBREW_OPT": "/p/opt", "HOMEBREW_FORMULA_PREFIX": "/p/Cellar/own/1.0", "HOMEBREW_TEMP": "/tmp",
        "HOMEBREW_BUILD_ROOT": "/build", "HOMEBREW_DEPENDENCIES": "zlib,openssl@3",
        "HOMEBREW_OPTIMIZATION_LEVEL": "O2", "HOMEBREW_OPTFLAGS": "-march=core2",
        "HOMEBREW_ISYSTEM_PATHS": "/p/include", "HOMEBREW_INCLUDE_PATHS": "/p/opt/openssl@3/include",
        "HOMEBREW_LIBRARY_PATHS": "/p/lib", "HOMEBREW_RPATH_PATHS": "/p/lib",
        "HOMEBREW_DYNAMIC_LINKER": "/p/lib/ld.so", "PATH": "/velo/shims:/usr/bin",
    ]

    private func plan(_ words: [String], adding more: [String: String] = [:]) -> ShimPlan {
        let call = ShimCall(
            name: words[0], arguments: Array(words.dropFirst()),
            environment: Self.surroundings.merging(more) { $1 })
        return ShimMachine(call) { $0 }.plan()
    }

    private let make = ["HOMEBREW_CCCFG": "O"]

    @Test("under make, what ties to this machine goes, and the bottle's own optimisation comes")
    func refurbishes() {
        let result = plan(
            [
                "gcc", "-g", "-ggdb3", "-O3", "-march=native", "-mtune=native", "-Wall", "-Werror", "-pedantic",
                "-Wno-unused", "-Wl,-s", "-Wa,-x", "-m64", "-fopenmp", "-c", "a.c",
            ], adding: make)
        #expect(result.program == "gcc-12")
        #expect(
            Array(result.arguments.prefix(9)) == [
                "-w", "-O2", "-march=core2", "-fcommon", "-Wno-unused", "-Wl,-s", "-Wa,-x", "-fopenmp", "-c",
            ])
        #expect(!result.arguments.contains("-g") && !result.arguments.contains("-O3"))
    }

    @Test("under configure arguments stay as they are, with optimisation before them")
    func configure() {
        let result = plan(["gcc", "-g", "-O3", "-Wall", "a.c"], adding: ["as_nl": "\n", "HOMEBREW_CCCFG": "O"])
        #expect(Array(result.arguments.prefix(6)) == ["-O2", "-march=core2", "-g", "-O3", "-Wall", "a.c"])
    }

    @Test("a formula's own call keeps its arguments and gets no optimisation; paths are added in every regime")
    func plain() {
        let result = plan(["cc", "-O3", "a.c"])
        #expect(Array(result.arguments.prefix(2)) == ["-O3", "a.c"])
        for environment in [[:], make, ["as_nl": "\n"]] {
            let arguments = plan(["cc", "a.c"], adding: environment).arguments
            #expect(arguments.contains("-L/p/lib") && arguments.contains("-Wl,-rpath,/p/lib"))
            #expect(arguments.contains("-Wl,--dynamic-linker=/p/lib/ld.so"))
            #expect(arguments.contains("-I/p/opt/openssl@3/include"))
        }
    }

    @Test("nothing is linked when only compiling or preprocessing", arguments: ["-c", "-S", "-E", "-fsyntax-only"])
    func noLinking(flag: String) {
        let arguments = plan(["g++", flag, "a.cc"], adding: make).arguments
        #expect(!arguments.contains { $0.hasPrefix("-L") || $0.hasPrefix("-Wl,-rpath") })
        #expect(arguments.contains("-isystem"))
    }

    @Test("paths of the keg, of declared dependencies, of the prefix and the build stay; all others go")
    func paths() {
        let kept = [
            "/p/Cellar/own/1.0/include", "/p/opt/zlib/include", "/p/Cellar/zlib/1.2/include", "/p/share",
            "/build/own-1.0/src", "/tmp/x",
        ]
        let dropped = [
            "/usr/include", "/usr/local/include", "/p/opt/curl/include", "/p/Cellar/curl/8/include", "/opt/x",
            "/buildings",
        ]
        let arguments = plan(["gcc", "-c", "a.c"] + (kept + dropped).map { "-I\($0)" }, adding: make).arguments
        for path in kept { #expect(arguments.contains("-I\(path)"), "\(path)") }
        for path in dropped { #expect(!arguments.contains("-I\(path)"), "\(path)") }
        #expect(
            plan(["gcc", "-c", "-I", "/usr/x", "-isystem", "/usr/y", "a.c"], adding: make).arguments.contains("a.c"))
        let twice = plan(["gcc", "-c", "-I/tmp/x", "-I/tmp/x", "a.c"], adding: make).arguments
        #expect(twice.filter { $0 == "-I/tmp/x" }.count == 1)
    }

    @Test("the value of an option is no flag, whatever it looks like")
    func values() {
        let arguments = plan(["gcc", "-o", "-g", "-c", "a.c"], adding: make).arguments
        #expect(arguments.contains("-g"))
    }

    @Test(
        "switches of the formula",
        arguments: [
            ("OK", ["-m32"], "-m32"), ("Od", ["-march=native"], "-march=native"), ("Ox", [], "-std=c++11"),
            ("OD", [], "-g"),
        ])
    func switches(letters: String, flags: [String], expected: String) {
        let arguments = plan(["c++", "-c", "a.cc"] + flags, adding: ["HOMEBREW_CCCFG": letters]).arguments
        #expect(arguments.contains(expected))
        #expect(!plan(["c++", "-c", "a.cc"] + flags, adding: make).arguments.contains(expected))
    }

    @Test("the level that a formula asked for is the level that is used")
    func level() {
        let result = plan(
            ["gcc", "-O3", "-c", "a.c"], adding: ["HOMEBREW_CCCFG": "O", "HOMEBREW_OPTIMIZATION_LEVEL": "O0"])
        #expect(result.arguments.contains("-O0") && !result.arguments.contains("-O2"))
    }

    @Test("names mean the formula's compiler, numbers mean that very one")
    func names() {
        #expect(plan(["clang++", "-c", "a.cc"]).program == "g++-12")
        #expect(plan(["gcc-11", "-c", "a.c"]).program == "gcc-11")
        #expect(plan(["c99", "-c", "a.c"]).arguments.first == "-std=gnu99")
        #expect(plan(["cpp", "a.h"]).program == "cpp")
    }

    @Test(
        "questions to the compiler pass through", arguments: ["-v", "--version", "-dumpmachine", "-print-search-dirs"])
    func questions(question: String) {
        #expect(plan(["gcc", question], adding: make).arguments == [question])
    }

    @Test("make and ninja put the flags of their children right, and those find the shims again")
    func buildTools() {
        let make = plan(["gmake", "all"])
        #expect(make.program == "make" && make.environment["HOMEBREW_CCCFG"] == "O")
        #expect(make.environment["PATH"] == "/velo/shims:/usr/bin")
        #expect(plan(["ninja"], adding: ["HOMEBREW_MAKE_JOBS": "3"]).arguments == ["-j3"])
        #expect(plan(["gcc", "-c", "a.c"]).environment["PATH"] == "/usr/bin")
    }

    @Test("the date is the release's, but for those who measure time or ask for another")
    func date() {
        let epoch = ["SOURCE_DATE_EPOCH": "86400"]
        #expect(plan(["date", "+%Y"], adding: epoch).arguments == ["-d", "@86400", "+%Y"])
        #expect(plan(["date", "+%s"], adding: epoch).arguments == ["+%s"])
        #expect(plan(["date", "-d", "tomorrow"], adding: epoch).arguments == ["-d", "tomorrow"])
        #expect(plan(["date"]).arguments == [])
    }

    @Test("the linker gets its paths before everything else")
    func linker() {
        #expect(
            plan(["ld", "a.o"]).arguments == [
                "-L/p/lib", "-rpath", "/p/lib", "--dynamic-linker", "/p/lib/ld.so", "a.o",
            ])
    }
}
