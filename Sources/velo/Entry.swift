import VeloCLI

@main
struct Entry {
    static func main() async { await Program.main(Velo.self) }
}
