//===- stream-search.cpp - search for tables of the stream format ---------===//
//
// Part of the CCQ Project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Looks for taps, extra patterns and tables with little error on Gaussian
// weights. The encoder of the library finds the best codes for given tables;
// the table entries then move to the means of what was coded with them, one
// byte after the other; and random changes of bytes, signs, taps and patterns
// are kept when they do not raise the error by more than a threshold that falls
// to zero. docs/Rationale/StreamFormat.md, "Tables", says what came of it.
//
//   c++ -std=c++20 -O2 -Iinclude test/Benchmarks/stream-search.cpp
//     build/lib/libCCQ{Quantizer,Codec,Support}.a -pthread -o stream-search
//   ./stream-search SIXTEENTHS MEMORY SECONDS SEED FROM [SECONDS PER START]
//
// FROM is `random`, a number of sixteenths whose published line to start from,
// or a file with a scheme's text. Lines of output are scheme texts behind their
// error on weights that the search has not seen.
//
//===----------------------------------------------------------------------===//

#include "ccq/Codec/Scheme.h"
#include "ccq/Codec/Stream.h"
#include "ccq/Quantizer/Encode.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <random>

using namespace ccq;
using codec::StreamScheme;

namespace {

constexpr unsigned keys = 128;

struct Sample {
  MatrixShape shape;
  std::vector<float> weights;
};

/// What the weights coded with one key, n | y << 4, add up to, in units of the
/// scale; even weights, then odd ones.
struct Cells {
  double count[2][keys] = {};
  double sum[2][keys] = {};
};

} // namespace

/// Of processor time.
static double getSeconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

static Sample createSample(int64_t k, int64_t n, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal;
  Sample sample{{k, n}, std::vector<float>(size_t(k * n))};
  for (float &weight : sample.weights)
    weight = normal(generator);
  return sample;
}

static StreamScheme::Weight &getWeight(StreamScheme &scheme, unsigned parity) {
  return parity == 0 ? scheme.even : scheme.odd;
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// Adds up what the words of a coded sample were used for.
static void countCells(const StreamScheme &scheme, const Sample &sample,
                       codec::CodedMatrix &matrix, Cells &cells) {
  auto readRow = [&](codec::ComponentRole role, int64_t row, unsigned thread) {
    uint32_t word;
    std::memcpy(&word,
                matrix.findComponent(role)->bytes.data() +
                    (row * codec::streamThreads + thread) * sizeof(word),
                sizeof(word));
    return word;
  };
  float scale;
  std::memcpy(
      &scale,
      matrix.findComponent(codec::ComponentRole::SuperScale)->bytes.data(),
      sizeof(scale));
  for (const codec::StreamBlock &block :
       codec::getStreamBlocks(scheme, sample.shape))
    for (int64_t row = 0; row < block.rows; ++row)
      for (int64_t n = 0; n < sample.shape.n; ++n) {
        codec::StreamPosition at = codec::getStreamPosition(block, row, n);
        const StreamScheme::Weight &weight =
            at.isOdd ? scheme.odd : scheme.even;
        unsigned index = 0, other = 0;
        for (unsigned j = 0; j <= scheme.memory && j <= at.step; ++j) {
          unsigned nibble = readRow(codec::ComponentRole::Codes,
                                    block.codeRow + at.step - j, at.thread) >>
                                (4 * at.lane) &
                            15;
          index ^= weight.tapsN >> j & 1 ? nibble : 0;
          other ^= weight.tapsY >> j & 1 ? nibble : 0;
        }
        if (auto extra = codec::findExtraPosition(scheme, at.isOdd, at.step,
                                                  block.steps))
          if (readRow(codec::ComponentRole::Extra, block.extraRow + extra->row,
                      at.thread) >>
                  (4 * at.lane + extra->bit) &
              1) {
            index ^= weight.extraN;
            other ^= weight.extraY;
          }
        unsigned key = index | (other & 7) << 4;
        cells.count[at.isOdd][key] += 1;
        cells.sum[at.isOdd][key] +=
            sample.weights[size_t((block.k0 + row) * sample.shape.n + n)] /
            scale;
      }
}

/// Relative squared error of a sample; 9 for a scheme that cannot be decoded.
static double evaluate(const StreamScheme &scheme, const Sample &sample,
                       Cells *cells) {
  Result<quantizer::EncodeResult> result = quantizer::encodeMatrix(
      {sample.weights.data(), sample.shape}, scheme, {});
  if (!result)
    return 9;
  if (cells) {
    *cells = {};
    countCells(scheme, sample, result->matrix, *cells);
  }
  return result->statistics.relativeMse();
}

/// Moves each byte of the tables to where the error of the cells is least.
static void refit(StreamScheme &scheme, const Cells &cells) {
  for (unsigned parity = 0; parity < 2; ++parity) {
    StreamScheme::Weight &weight = getWeight(scheme, parity);
    for (unsigned i = 0; i < 32; ++i) {
      unsigned entry = i % 16;
      unsigned old = weight.tables[entry], best = old;
      double bestCost = 0;
      auto getCost = [&](unsigned byte) {
        weight.tables[entry] = uint8_t(byte);
        double cost = 0;
        for (unsigned key = 0; key < keys; ++key) {
          unsigned part = entry < 8 ? key & 7 : key >> 4;
          if (part != entry % 8)
            continue;
          double level =
              codec::decodeStreamLevel(weight, key & 15, key >> 4, 0) + 0.5;
          cost += level * (cells.count[parity][key] * level -
                           2 * cells.sum[parity][key]);
        }
        return cost;
      };
      bestCost = getCost(old);
      for (unsigned byte = 0; byte < 256; ++byte)
        if (double cost = getCost(byte); cost < bestCost - 1e-9) {
          bestCost = cost;
          best = byte;
        }
      weight.tables[entry] = uint8_t(best);
    }
  }
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

namespace {
class Moves {
public:
  Moves(unsigned memory, uint64_t seed) : memory(memory), generator(seed) {}

  unsigned draw(unsigned limit) { return unsigned(generator() % limit); }

  /// Taps with the newest and the oldest word. From three words of memory on
  /// both n and y have them, which makes the encoder fast.
  void drawTaps(StreamScheme::Weight &weight) {
    unsigned ends = 1 | 1u << memory, all, some;
    do {
      weight.tapsN = 1 + draw((2u << memory) - 1);
      weight.tapsY = weight.tapsN ^ 1u << draw(memory + 1);
      all = weight.tapsN & weight.tapsY & ends;
      some = (weight.tapsN | weight.tapsY) & ends;
    } while (weight.tapsY == 0 || (memory > 2 ? all : some) != ends);
  }

  void drawExtra(StreamScheme::Weight &weight) {
    do {
      weight.extraN = draw(16);
      weight.extraY = draw(8);
    } while (weight.extraN == 0 && weight.extraY == 0);
  }

  /// Quantiles of the normal distribution in random order, signs that are
  /// parities of bits of the index.
  void drawTables(StreamScheme::Weight &weight) {
    static constexpr uint8_t magnitudes[16] = {2,  5,  9,  13, 17, 22, 26, 31,
                                               36, 42, 48, 55, 63, 73, 88, 120};
    std::copy_n(magnitudes, 16, weight.tables.begin());
    std::shuffle(weight.tables.begin(), weight.tables.end(), generator);
    for (unsigned half = 0; half < 16; half += 8) {
      unsigned mask = draw(8), flip = draw(2);
      for (unsigned i = 0; i < 8; ++i)
        if ((unsigned(std::popcount(i & mask)) + flip) % 2 == 1)
          weight.tables[half + i] ^= 0xFF;
    }
  }

  void change(StreamScheme &scheme) {
    for (unsigned i = 0, count = 1 + (draw(3) == 0); i < count; ++i)
      changeOnce(scheme);
  }

private:
  void changeOnce(StreamScheme &scheme) {
    StreamScheme::Weight &weight = getWeight(scheme, draw(2));
    auto &tables = weight.tables;
    uint8_t &first = tables[draw(16)], &second = tables[draw(16)];
    unsigned kind = draw(20);
    if (kind < 9) {
      // Exchange magnitudes and leave the signs.
      bool differ = (first ^ second) & 0x80;
      std::swap(first, second);
      if (differ) {
        first ^= 0xFF;
        second ^= 0xFF;
      }
    } else if (kind < 11) {
      std::swap(first, second);
    } else if (kind < 14) {
      first ^= 0xFF;
    } else if (kind < 15) {
      unsigned half = draw(2) * 8, mask = 1u << draw(3);
      for (unsigned j = 0; j < 8; ++j)
        if (j & mask)
          tables[half + j] ^= 0xFF;
    } else if (kind < 16) {
      first = uint8_t(draw(256));
    } else if (kind < 17) {
      drawTaps(weight);
    } else if (scheme.sixteenths == 32) {
      first ^= 0xFF;
      second ^= 0xFF;
    } else {
      drawExtra(scheme.sixteenths < 41 ? scheme.odd : weight);
    }
  }

  unsigned memory;
  std::mt19937_64 generator;
};

/// One run of the search.
class Search {
public:
  Search(unsigned sixteenths, unsigned memory, uint64_t seed, std::string from)
      : sixteenths(sixteenths), memory(memory), from(std::move(from)),
        moves(memory, seed),
        validation(createSample(256, memory < 3 ? 4096 : 1024, 990001)) {
    int64_t columns = memory < 3 ? 256 : memory < 4 ? 128 : 64;
    for (uint64_t i = 0; i < 10; ++i)
      samples.push_back(createSample(256, columns, seed * 100 + i));
  }

  void run(double seconds, double secondsPerStart) {
    double end = getSeconds() + seconds;
    while (getSeconds() < end) {
      StreamScheme scheme = start();
      anneal(scheme, std::min(end, getSeconds() + secondsPerStart));
      finish(scheme);
    }
  }

private:
  StreamScheme createFrame(unsigned rate) {
    StreamScheme scheme = codec::createStreamScheme(
        {.sixteenths = rate, .memory = memory, .rotation = std::nullopt});
    scheme.sixteenths = sixteenths;
    scheme.scale = codec::StreamScale::Tensor;
    return scheme;
  }

  StreamScheme start() {
    if (std::ifstream file(from); file) {
      std::string text;
      std::getline(file, text);
      text = text.substr(text.find('#'));
      StreamScheme scheme = createFrame(32);
      Result<codec::Scheme> read = codec::parseScheme(text);
      if (!read) {
        std::fprintf(stderr, "%s\n", read.error().message.c_str());
        std::exit(1);
      }
      scheme.even = std::get<StreamScheme>(*read).even;
      scheme.odd = std::get<StreamScheme>(*read).odd;
      return scheme;
    }
    bool isRandom = from == "random";
    StreamScheme best;
    double bestError = 10;
    for (unsigned i = 0; i < (isRandom ? 40 : 12); ++i) {
      StreamScheme scheme =
          createFrame(isRandom ? 40 : unsigned(std::atoi(from.c_str())));
      if (isRandom || (i > 0 && moves.draw(2) == 0))
        for (unsigned parity = 0; parity < 2; ++parity)
          moves.drawTaps(getWeight(scheme, parity));
      for (unsigned parity = 0; parity < 2; ++parity) {
        if (isRandom)
          moves.drawTables(getWeight(scheme, parity));
        if (i > 0)
          moves.drawExtra(getWeight(scheme, parity));
      }
      if (!isRandom && i > 0 && moves.draw(2))
        std::swap(scheme.even, scheme.odd);
      double error = improve(scheme, bestError, samples[0], isRandom ? 3 : 2);
      if (error >= bestError)
        continue;
      best = scheme;
      bestError = error;
    }
    return best;
  }

  /// Codes and refits in turn; gives up when it is far from the limit.
  double improve(StreamScheme &scheme, double limit, const Sample &sample,
                 unsigned rounds) {
    Cells cells;
    double error = evaluate(scheme, sample, &cells);
    static constexpr double slack[] = {1.08, 1.01, 1.005};
    for (unsigned i = 0; i < rounds; ++i) {
      if (error > limit * slack[std::min(i, 2u)])
        return 9;
      refit(scheme, cells);
      error = evaluate(scheme, sample, &cells);
    }
    return error;
  }

  void anneal(StreamScheme &scheme, double end) {
    double begin = getSeconds();
    size_t current = 0;
    double error = improve(scheme, 9, samples[current], 2);
    for (unsigned tries = 1; getSeconds() < end; ++tries) {
      if (tries % 40 == 0) {
        current = (current + 1) % samples.size();
        error = improve(scheme, 9, samples[current], 1);
      }
      double left = 1 - (getSeconds() - begin) / (end - begin);
      double threshold = 1 + 0.003 * left * left - 0.0003 * (1 - left);
      StreamScheme next = scheme;
      moves.change(next);
      double nextError = improve(next, error, samples[current], 2);
      if (nextError > error * threshold)
        continue;
      scheme = next;
      error = nextError;
    }
  }

  /// Refits to all samples and prints what is the best so far.
  void finish(StreamScheme &scheme) {
    for (unsigned round = 0; round < 3; ++round) {
      double error = evaluate(scheme, validation, nullptr);
      std::printf("%.5f round %u%s\n", error, round,
                  error < bestError ? " best" : "");
      if (error < bestError) {
        bestError = error;
        std::printf("%.5f %s\n", error, codec::printScheme(scheme).c_str());
      }
      std::fflush(stdout);
      Cells all;
      for (const Sample &sample : samples) {
        Cells cells;
        (void)evaluate(scheme, sample, &cells);
        for (unsigned parity = 0; parity < 2; ++parity)
          for (unsigned key = 0; key < keys; ++key) {
            all.count[parity][key] += cells.count[parity][key];
            all.sum[parity][key] += cells.sum[parity][key];
          }
      }
      refit(scheme, all);
    }
  }

  unsigned sixteenths;
  unsigned memory;
  std::string from;
  Moves moves;
  Sample validation;
  std::vector<Sample> samples;
  double bestError = 9;
};
} // namespace

int main(int count, char **arguments) {
  if (count < 6) {
    std::fprintf(stderr, "usage: stream-search SIXTEENTHS MEMORY SECONDS SEED "
                         "FROM [SECONDS PER START]\n");
    return 1;
  }
  double seconds = std::atof(arguments[3]);
  Search search(unsigned(std::atoi(arguments[1])),
                unsigned(std::atoi(arguments[2])),
                std::strtoull(arguments[4], nullptr, 10), arguments[5]);
  search.run(seconds, count > 6 ? std::atof(arguments[6]) : seconds);
}
