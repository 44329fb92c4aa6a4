import ArgumentParser

/// Options of builds that need no server.
struct OneShotOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A tap: a folder with `Formula/NAME.rb`, or a git repository.", valueName: "folder"))
    var tap: String?

    @Option(
        help: ArgumentHelp(
            "What the tap is called; homebrew/core unless its place says otherwise.", valueName: "user/repo"))
    var tapName: String?

    @Option(
        help: ArgumentHelp(
            "A folder of archives named by sha256, tried before the network. Repeatable.", valueName: "folder"))
    var sources: [String] = []

    @Option(help: ArgumentHelp("The folder for bottles, documents and logs.", valueName: "folder"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "What the bottles are built for, where Homebrew's prefix will not do: for programs that work nowhere else.",
            valueName: "path"))
    var prefix: String?

    @Option(help: ArgumentHelp("Compilers at a time; the processors of this machine by default.", valueName: "number"))
    var jobs: Int?

    @Flag(help: "Print one JSON object for each formula, on a line of its own.")
    var json = false

    /// An option that makes no sense without `--tap`, if there is one.
    var firstGiven: String? {
        if tapName != nil { return "--tap-name" }
        if !sources.isEmpty { return "--sources" }
        if out != nil { return "--out" }
        if prefix != nil { return "--prefix" }
        if jobs != nil { return "--jobs" }
        return json ? "--json" : nil
    }

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("`--jobs` is at least 1, not \(jobs)") }
    }
}
