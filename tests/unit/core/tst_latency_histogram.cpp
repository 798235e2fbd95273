#include "cay/latency_histogram.h"

#include <QtTest/QtTest>

using cay::LatencyHistogram;

class TestLatencyHistogram : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bucketsFollowEachOther()
    {
        for (unsigned i = 0; i < LatencyHistogram::kBuckets; ++i) {
            const std::uint64_t highest = LatencyHistogram::highest(i);
            QCOMPARE(LatencyHistogram::bucket(highest), i);
            if (i + 1 < LatencyHistogram::kBuckets)
                QCOMPARE(LatencyHistogram::bucket(highest + 1), i + 1);
        }
    }

    void hugeValuesStayInTheLastBucket()
    {
        QCOMPARE(LatencyHistogram::bucket(~std::uint64_t{0}), LatencyHistogram::kBuckets - 1);
    }

    void percentiles()
    {
        LatencyHistogram histogram;
        QCOMPARE(histogram.percentile(50), std::uint64_t{0});
        for (std::uint64_t ns = 1; ns <= 10000; ++ns)
            histogram.add(ns);
        QCOMPARE(histogram.total(), std::uint64_t{10000});
        for (const double percent : {0.1, 1.0, 50.0, 99.0, 99.9}) {
            const double exact = percent * 100;
            const auto found = static_cast<double>(histogram.percentile(percent));
            QVERIFY2(found >= exact && found <= exact * 1.125 + 1,
                     qPrintable(QString::number(found)));
        }
        QVERIFY(histogram.percentile(100) >= 10000);
    }
};

QTEST_APPLESS_MAIN(TestLatencyHistogram)
#include "tst_latency_histogram.moc"
