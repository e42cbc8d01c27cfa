#!/bin/sh
# Makes the sample files of this folder again. POSIX sh and awk; the result is the same on every machine.
#
# Codes are fictitious: prefix (7 digits), serial (9 digits), and four digits that stand for the issuer's check digits,
# which nobody else can compute.
set -eu
cd "$(dirname "$0")"

PRODUCER=91650100MA0000001U
WHOLESALER=91650100MA0000002Y
PHARMACY=91650102MA0000003Y
HOSPITAL=12650100MA0000004A

# relation FILE PRODUCT BATCH CASES SIZE CASE_PREFIX UNIT_PREFIX CASCADE SPEC: one batch in full cases; the small packages
# stand before their case, as many production lines write them.
relation() {
    awk -v product="$2" -v batch="$3" -v cases="$4" -v size="$5" -v outer="$6" -v inner="$7" -v cascade="$8" -v spec="$9" '
        function code(prefix, n) { return sprintf("%s%09d%04d", prefix, n, (n * 7919 + 4271) % 10000) }
        BEGIN {
            print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            print "<Document License=\"示例\">"
            printf "<Relation productCode=\"%s\" subTypeNo=\"1\" cascade=\"%s\" packageSpec=\"%s\" comment=\"\">\n", product, cascade, spec
            printf "<Batch batchNo=\"%s\" madeDate=\"2025-03-10\" validateDate=\"2035-03-09\" workshop=\"一车间\" lineName=\"1号线\" lineManager=\"\">\n", batch
            for (c = 1; c <= cases; c++) {
                for (u = 1; u <= size; u++)
                    printf "<Code curCode=\"%s\" packLayer=\"1\" parentCode=\"%s\" flag=\"0\"/>\n", code(inner, (c - 1) * size + u), code(outer, c)
                printf "<Code curCode=\"%s\" packLayer=\"2\" parentCode=\"\" flag=\"0\"/>\n", code(outer, c)
            }
            print "</Batch>"
            print "</Relation>"
            print "</Document>"
        }' > "$1"
}

# codes PREFIX FROM TO: one code a line.
codes() {
    awk -v prefix="$1" -v from="$2" -v to="$3" 'BEGIN {
        for (n = from; n <= to; n++) printf "%s%09d%04d\n", prefix, n, (n * 7919 + 4271) % 10000 }'
}

# rows BILL TYPE MIDDLE: codes on standard input become rows; columns between type and code stand in the first row only.
rows() {
    awk -v bill="$1" -v type="$2" -v middle="$3" '{
        blank = middle; gsub(/[^,]/, "", blank)
        print bill "," (NR == 1 ? type : "") "," (NR == 1 ? middle : blank) "," $0 }'
}

relation relation-ganmao.xml ganmao-keli G250310 20 100 8100003 8100001 1:100 100盒/箱
relation relation-amoxicillin.xml amoxicillin-capsule A250310 40 50 8100013 8100011 1:50 50盒/箱

{
    echo "单据编号,单据类型,单据时间,收货企业,追溯码"
    { codes 8100003 1 20; codes 8100013 1 40; } | rows M-S-1 销售出库 "2026-01-05,$WHOLESALER"
} > ship-to-wholesaler.csv
{
    echo "单据编号,单据类型,单据时间,发货企业,发货单编号,追溯码"
    { codes 8100003 1 20; codes 8100013 1 40; } | rows W-R-1 采购入库 "2026/01/06,$PRODUCER,M-S-1"
} > receive-at-wholesaler.csv
{
    echo "bill_code,bill_type,bill_time,to_user_id,to_address,trace_code"
    { codes 8100003 1 10; codes 8100013 1 10; } | rows W-S-1 201 "20260107,$PHARMACY,乌鲁木齐市天山区"
} > ship-to-pharmacy.csv
{
    codes 8100003 11 15
    codes 8100013 11 30
} | awk -v to="$HOSPITAL" 'BEGIN {
        print "{\n  \"bill_code\": \"W-S-2\",\n  \"bill_type\": 201,\n  \"bill_time\": \"2026-01-07\","
        printf "  \"to_user_id\": \"%s\",\n  \"trace_codes\": [", to }
    { printf "%s\n    \"%s\"", (NR == 1 ? "" : ","), $0 }
    END { print "\n  ]\n}" }' > ship-to-hospital.json
{
    echo "单据编号,单据类型,发货企业,发货单编号,追溯码"
    { codes 8100003 1 10; codes 8100013 1 10; } | rows P-R-1 采购入库 "$WHOLESALER,W-S-1"
} > receive-at-pharmacy.csv
{
    echo "单据编号,单据类型,发货企业,发货单编号,追溯码"
    { codes 8100003 11 15; codes 8100013 11 30; } | rows H-R-1 采购入库 "$WHOLESALER,W-S-2"
} > receive-at-hospital.csv
{
    echo "单据编号,单据类型,处方号,调剂药师,追溯码"
    codes 8100001 1 3 | rows P-D-1 零售出库 ","
    codes 8100011 1 2 | rows P-D-2 零售出库 RX-2026-0001,示例药师
} > sell-at-pharmacy.csv
{
    echo "单据编号,单据类型,处方号,追溯码"
    codes 8100011 501 505 | rows H-D-1 使用出库 RX-2026-1001
    codes 8100001 1001 1003 | rows H-D-2 使用出库 RX-2026-1002
} > use-at-hospital.csv
# The hospital has used this box (H-D-1); a pharmacy has no business selling it.
{
    echo "单据编号,单据类型,处方号,调剂药师,追溯码"
    codes 8100011 501 501 | rows P-D-9 零售出库 RX-2026-0009,示例药师
} > second-sale.csv
# Forty sales, one box a bill, to keep coming while a validator is down.
{
    echo "单据编号,单据类型,处方号,追溯码"
    codes 8100001 101 140 | awk '{ print "P-N-" NR ",零售出库,," $0 }'
} > sales-at-night.csv
