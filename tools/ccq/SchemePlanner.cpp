//===- SchemePlanner.cpp - a scheme per weight within a budget ------------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SchemePlanner.h"

#include "Sensitivities.h"

#include "ccq/Codec/CodedMatrix.h"
#include "ccq/Quantizer/RateAllocation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

using namespace ccq;
using namespace ccq::tool;
using mlir::ccq::CodableWeight;
using mlir::ccq::PlannedScheme;
using mlir::ccq::WeightList;

namespace {
/// A scheme that a weight may get.
struct Candidate {
  std::string name;
  codec::Scheme scheme;
  /// Relative error on independent Gaussian weights.
  double gaussianError = 0;
};

/// Options of a stream by key: `L` to `12`.
using StreamOptions = std::map<std::string, std::string>;
} // namespace

/// Relative error of a stream at r bits is this over 4^r, on lanes and hashed
/// (docs/Benchmarks.md, "Coding": 0.0358 and 0.0351 at 2.5 bits).
static constexpr double laneErrorFactor = 1.146, hashErrorFactor = 1.123;
/// Of `i4` and `i8` (the same table).
static constexpr double nibbleError = 0.01161, byteError = 0.0000353;

Result<uint64_t> tool::parseSize(const std::string &text) {
  static const std::map<std::string, double> units = {
      {"", 1}, {"B", 1}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}};
  double value = 0;
  auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  auto unit = units.find(std::string(end, text.data() + text.size()));
  if (code != std::errc() || unit == units.end() || !(value > 0) ||
      value * unit->second > 0x1p62)
    return Error{ErrorKind::Usage,
                 "expected a size like 40MiB, 1.5GiB or 512KiB, got '" + text +
                     "'"};
  return uint64_t(value * unit->second);
}

/// The options in the name of a stream; none for other schemes.
static StreamOptions parseStreamOptions(const std::string &name) {
  StreamOptions options;
  size_t begin = name.find(':');
  while (begin != std::string::npos) {
    size_t end = name.find(',', begin + 1);
    std::string entry = name.substr(
        begin + 1, end == std::string::npos ? end : end - begin - 1);
    size_t equals = entry.find('=');
    if (equals != std::string::npos)
      options[entry.substr(0, equals)] = entry.substr(equals + 1);
    begin = end;
  }
  return options;
}

static std::string printBits(double bits) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.6g", bits);
  return text;
}

static std::string printStreamName(double bits, const StreamOptions &options) {
  std::string name = "t" + printBits(bits);
  char separator = ':';
  for (const auto &[key, value] : options) {
    name += separator + key + "=" + value;
    separator = ',';
  }
  return name;
}

/// Options for hashed streams, which have other widths.
static StreamOptions makeHashOptions(StreamOptions options) {
  options["code"] = "hash";
  if (options["L"] == "20" || options["L"].empty())
    options["L"] = "16";
  return options;
}

/// Adds the scheme of a name unless its rate is out of bounds.
static Result<void> addCandidate(const std::string &name, double gaussianError,
                                 const SchemeBudget &budget,
                                 std::vector<Candidate> &list) {
  Result<codec::SchemeChoice> choice = codec::parseSchemeName(name);
  if (!choice)
    return choice.takeError();
  double bits = codec::getBitsPerWeight(**choice);
  if (bits >= budget.minBits && bits <= budget.maxBits)
    list.push_back({name, **choice, gaussianError});
  return {};
}

/// Everything that a weight may be coded with. Streams of lanes come first:
/// their kernels are the fastest, and of equal sizes the first counts.
static Result<std::vector<Candidate>>
listCandidates(const StreamOptions &options, const SchemeBudget &budget) {
  std::vector<Candidate> list;
  StreamOptions hashOptions = makeHashOptions(options);
  auto choice = options.find("code");
  bool isHash = choice != options.end() && choice->second == "hash";
  for (int sixteenths = 16; sixteenths <= 64; ++sixteenths) {
    double bits = sixteenths / 16.0;
    bool isLanes = !isHash && sixteenths >= 32 && sixteenths <= 48;
    Result<void> added = addCandidate(
        printStreamName(bits, isLanes ? options : hashOptions),
        (isLanes ? laneErrorFactor : hashErrorFactor) * std::exp2(-2 * bits),
        budget, list);
    if (!added)
      return added.takeError();
  }
  Result<void> added = addCandidate("i4", nibbleError, budget, list);
  if (added)
    added = addCandidate("i8", byteError, budget, list);
  if (!added)
    return added.takeError();
  if (list.empty())
    return Error{ErrorKind::Usage, "no scheme has between " +
                                       printBits(budget.minBits) + " and " +
                                       printBits(budget.maxBits) + " bits"};
  return list;
}

static Result<uint64_t> computeBytes(const codec::Scheme &scheme,
                                     MatrixShape shape) {
  if (Result<void> fits = codec::checkShape(scheme, shape); !fits)
    return fits.takeError();
  uint64_t bytes = 0;
  for (const codec::ComponentSpec &component :
       codec::getComponentSpecs(scheme, shape))
    bytes += component.sizeBytes();
  return bytes;
}

/// Relative error of a scheme on independent Gaussian weights.
static double findGaussianError(const std::string &name,
                                const codec::Scheme &scheme) {
  if (name == "i4")
    return nibbleError;
  if (name == "i8")
    return byteError;
  return laneErrorFactor * std::exp2(-2 * codec::getBitsPerWeight(scheme));
}

namespace {
/// The plan of one build.
class Planner {
public:
  Planner(const SchemeBudget &budget, const WeightList &weights)
      : budget(budget), weights(weights),
        family(parseStreamOptions(budget.family)) {}

  Result<std::vector<PlannedScheme>> plan();

private:
  Result<void> readMeasurements();
  Result<void> addWeight(const CodableWeight &weight);
  Result<void> addFixed(const CodableWeight &weight);
  Result<uint64_t> computeBudget() const;

  const SchemeBudget &budget;
  const WeightList &weights;
  StreamOptions family;
  std::optional<Sensitivities> measured;
  /// What the schemes that the user fixed take, and of how many weights.
  uint64_t fixedBytes = 0;
  uint64_t codedWeights = 0;
  std::vector<PlannedScheme> planned;
  std::vector<std::vector<Candidate>> candidates;
  std::vector<std::vector<quantizer::RateOption>> options;
};
} // namespace

Result<void> Planner::readMeasurements() {
  if (budget.sensitivities.empty())
    return {};
  Result<Sensitivities> file = readSensitivities(budget.sensitivities);
  if (!file)
    return file.takeError();
  if (file->model != budget.model)
    return Error{ErrorKind::Mismatch, budget.sensitivities +
                                          ": expected sensitivities of this "
                                          "model, got those of another"};
  measured.emplace(*std::move(file));
  return {};
}

/// A weight whose scheme the user has chosen.
Result<void> Planner::addFixed(const CodableWeight &weight) {
  Result<codec::SchemeChoice> choice =
      codec::parseSchemeName(*weight.fixedScheme);
  if (!choice)
    return choice.takeError();
  if (!*choice) {
    fixedBytes += budget.bits ? 0 : weight.bytes;
    return {};
  }
  Result<uint64_t> bytes = computeBytes(**choice, weight.shape);
  if (!bytes)
    return bytes.takeError();
  fixedBytes += *bytes;
  codedWeights += uint64_t(weight.shape.k * weight.shape.n);
  return {};
}

Result<void> Planner::addWeight(const CodableWeight &weight) {
  StreamOptions streamOptions = family;
  PlannedScheme plan;
  plan.name = weight.name;
  // Without a measurement a relative error costs in proportion to the weights
  // that have it, so that all get about the same rate.
  auto elements = double(weight.shape.k * weight.shape.n);
  double scale = elements;
  if (measured) {
    const WeightSensitivity *sensitivity = measured->find(weight.name);
    if (!sensitivity)
      return Error{ErrorKind::CompileError,
                   budget.sensitivities +
                       ": expected a sensitivity of weight '" + weight.name +
                       "', got none; give it a scheme with --tensor"};
    for (const auto &[key, value] : parseStreamOptions(sensitivity->scheme))
      if (key != "L")
        streamOptions.emplace(key, value);
    Result<codec::SchemeChoice> choice =
        codec::parseSchemeName(sensitivity->scheme);
    if (!choice || !*choice)
      return Error{ErrorKind::MalformedInput, budget.sensitivities +
                                                  ": expected a scheme, got '" +
                                                  sensitivity->scheme + "'"};
    plan.allocation = {sensitivity->scheme, sensitivity->loss, 0};
    scale =
        sensitivity->loss / findGaussianError(sensitivity->scheme, **choice);
  }
  Result<std::vector<Candidate>> list = listCandidates(streamOptions, budget);
  if (!list)
    return list.takeError();
  std::vector<quantizer::RateOption> rates;
  for (const Candidate &candidate : *list) {
    Result<uint64_t> bytes = computeBytes(candidate.scheme, weight.shape);
    if (!bytes)
      return Error{bytes.error().kind,
                   "weight '" + weight.name + "': " + bytes.error().message};
    rates.push_back({*bytes, scale * candidate.gaussianError});
  }
  codedWeights += uint64_t(elements);
  planned.push_back(std::move(plan));
  candidates.push_back(*std::move(list));
  options.push_back(std::move(rates));
  return {};
}

/// Bytes for the weights that the plan is about.
Result<uint64_t> Planner::computeBudget() const {
  uint64_t total = 0, taken = fixedBytes;
  if (budget.bits) {
    total = uint64_t(*budget.bits * double(codedWeights) / 8);
  } else {
    Result<uint64_t> size = parseSize(budget.size);
    if (!size)
      return size;
    total = *size;
    taken += weights.otherBytes;
  }
  if (taken > total)
    return Error{ErrorKind::Budget,
                 "expected room for " + std::to_string(taken) +
                     " bytes of weights whose scheme is fixed, got " +
                     std::to_string(total)};
  return total - taken;
}

Result<std::vector<PlannedScheme>> Planner::plan() {
  if (Result<void> read = readMeasurements(); !read)
    return read.takeError();
  // By name, so that the plan does not depend on who lists the weights.
  std::vector<CodableWeight> sorted = weights.codable;
  std::sort(sorted.begin(), sorted.end(),
            [](const CodableWeight &a, const CodableWeight &b) {
              return a.name < b.name;
            });
  for (const CodableWeight &weight : sorted) {
    Result<void> added =
        weight.fixedScheme ? addFixed(weight) : addWeight(weight);
    if (!added)
      return added.takeError();
  }
  Result<uint64_t> bytes = computeBudget();
  if (!bytes)
    return bytes.takeError();
  Result<std::vector<size_t>> chosen =
      quantizer::allocateRates(options, *bytes);
  if (!chosen)
    return Error{chosen.error().kind, chosen.error().message +
                                          "; --min-bits allows fewer than " +
                                          printBits(budget.minBits)};
  for (size_t i = 0; i < planned.size(); ++i) {
    planned[i].scheme = candidates[i][(*chosen)[i]].name;
    if (measured)
      planned[i].allocation->expectedLoss = options[i][(*chosen)[i]].loss;
  }
  return planned;
}

Result<std::vector<PlannedScheme>>
tool::planSchemes(const SchemeBudget &budget, const WeightList &weights) {
  return Planner(budget, weights).plan();
}
