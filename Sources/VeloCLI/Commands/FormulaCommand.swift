import ArgumentParser
import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// `velo formula`: the windows on the formula language.
struct FormulaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "formula", abstract: "Evaluate the formulae of a tap, without Ruby.",
        discussion: """
            Formulae that cannot be evaluated are told on the error stream, by file, line and construct; the rest is \
            printed all the same, and the status is 1.
            """,
        subcommands: [FormulaJSONCommand.self, FormulaRehearseCommand.self])
}

/// Which formulae, for which platform.
struct TapOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The tap: a folder or a git repository.", valueName: "dir"))
    var tap: String

    @Option(
        name: .customLong("tap-name"),
        help: ArgumentHelp(
            "What the tap is called; homebrew/core unless its place says otherwise.", valueName: "user/repo"))
    var tapName: String?

    @Option(
        help: ArgumentHelp("The platform by its bottle tag, such as x86_64_linux or arm64_ventura.", valueName: "tag"))
    var platform: String?

    @Option(help: ArgumentHelp("The day that deprecations are judged at; today unless given.", valueName: "yyyy-mm-dd"))
    var date: String?

    @Argument(help: ArgumentHelp("Formulae, by name or alias; all of the tap without.", valueName: "name"))
    var names: [String] = []

    func library() throws -> TapLibrary {
        let name = try tapName.map { text in
            guard let name = TapName(text) else {
                throw ValidationError("`\(text)` is no name of a tap; one looks like `user/repo`")
            }
            return name
        }
        let root = try Host.workingFolder().pushing(FilePath(tap)).lexicallyNormalized()
        return TapLibrary(try TapFolder(root, name: name))
    }

    /// Answers are those of Homebrew 4.0, whose field names are printed.
    func context(_ session: Session) throws -> EvaluationContext {
        let tag = platform ?? session.host.bottleTag
        guard let platform = PlatformTag(tag)?.platform else {
            throw ValidationError("`\(tag)` is no platform; one looks like x86_64_linux, arm64_ventura or monterey")
        }
        var day = CalendarDate.today()
        if let date {
            guard let given = CalendarDate(date) else {
                throw ValidationError("`\(date)` is no day; one looks like 2026-11-30")
            }
            day = given
        }
        return EvaluationContext(platform: platform, date: day, era: .homebrew4)
    }
}

extension TapRun {
    /// Prints a document of each formula, and tells what is wrong with the others.
    ///
    /// - Throws: `EarlyExit` with status 1 if there are any.
    func print(
        _ names: [String], of library: TapLibrary, opening: String = "", closing: String, to console: Console
    ) async throws {
        let (files, problems) = library.files(named: names)
        if !opening.isEmpty { console.data(bytes: Array(opening.utf8)) }
        let refusals = try await run(files) { console.data(bytes: $0) }
        console.data(bytes: Array(closing.utf8))
        for problem in problems { console.tell("error: \(ProblemReport(problem).oneLine)") }
        for refusal in refusals { console.tell(refusal.text) }
        if !problems.isEmpty || !refusals.isEmpty { throw EarlyExit(.failed) }
    }
}
