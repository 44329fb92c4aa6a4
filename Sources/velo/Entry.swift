import ArgumentParser
import VeloCLI
@main struct Entry { static func main() async { await Velo.main() } }
