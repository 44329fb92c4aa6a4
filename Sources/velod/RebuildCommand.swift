import ArgumentParser
import VeloBuild
import VeloCLI
import VeloSystem

struct RebuildCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Build again, and say whether the same bottle comes out.",
        discussion: """
            What is not in --out yet is built first. Then each formula is built again in another folder, with another \
            number of jobs and on another day by the clock, and the two bottles are compared byte for byte.
            """)

    @Argument(help: ArgumentHelp("A formula's name, or user/tap/name.", valueName: "name"))
    var names: [String]

    @Flag(help: "Compare; there is nothing else to rebuild for.")
    var compare = false

    @OptionGroup var oneShot: OneShotOptions
    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard oneShot.tap != nil, oneShot.out != nil else {
            throw ValidationError("say which `--tap` and where `--out` is")
        }
        guard compare else {
            throw ValidationError("say `--compare`: a bottle with the same key is never built twice otherwise")
        }
    }

    func run(in invocation: Invocation, _ console: Console) async throws {
        let configuration = try farm.configuration(invocation.environment)
        let building = OneShotBuilding(names: names, options: oneShot, configuration: configuration, console: console)
        let comparisons = try await building.compare()
        for comparison in comparisons {
            if oneShot.json {
                console.data(try comparison.line())
                continue
            }
            console.data(
                comparison.identical
                    ? "\(comparison.formula): the same bytes (\(comparison.varied.joined(separator: "; ")))"
                    : "\(comparison.formula): \(comparison.differences.count) files differ")
            for difference in comparison.differences { console.data("  \(difference.path): \(difference.what)") }
        }
        let isSame = comparisons.count == names.count && comparisons.allSatisfy(\.identical)
        guard isSame else { throw EarlyExit(.failed) }
    }
}
