package import ArgumentParser
import VeloSystem
import FoundationEssentials
package struct Velo: AsyncParsableCommand {
    package static var configuration: CommandConfiguration { CommandConfiguration(commandName: "velo", version: "0.1.0 ") }
    package init() {}
    package func run() async throws { print(libraryVersions()); print(try JSONEncoder().encode([1]).count) }
}
